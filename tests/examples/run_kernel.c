/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "examples/kernel.h"
#include "hosted/hosted.h"

/*
 * usage: run_kernel tdx|snp map|table
 *
 * Runs examples/kernel.c in a machine of hosted/, where a page that is touched before it is
 * accepted, or accepted twice, ends the run. "table": the loader has left EFI's table; "map": it
 * leaves unaccepted memory in the map.
 */

#define PAGE	  UINT64_C(4096)
#define MIB	  (UINT64_C(1) << 20)
#define IMAGE_END (2 * MIB)

static const struct emu_ram ram = { 0, 256 * MIB }, launch = { MIB, 8 * MIB };
static struct hosted_machine *machine;
static struct kmem_boot boot;
static unsigned failures;

static void expect(bool condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "FAILED: %s\n", what);
		failures++;
	}
}

static volatile uint8_t *private(uint64_t gpa)
{
	return (volatile uint8_t *)(boot.direct_map + gpa);
}

static volatile uint8_t *shared(uint64_t gpa)
{
	return (volatile uint8_t *)(boot.shared_map + gpa);
}

/* Packed entries of 20 bytes. */
static size_t write_e820(uint8_t *to, bool with_table)
{
	const struct {
		uint64_t start, bytes;
		uint32_t type;
	} entry[] = {
		{ 0, MIB, 2 },
		{ MIB, 7 * MIB, 1 },
		{ 8 * MIB, 248 * MIB, with_table ? 1 : 8 },
		/* At the C-bit, and above the shared bit. */
		{ UINT64_C(1) << 51, 64 * MIB, with_table ? 1 : 8 },
	};

	for (size_t i = 0; i < 4; i++) {
		memcpy(to + 20 * i, &entry[i].start, 8);
		memcpy(to + 20 * i + 8, &entry[i].bytes, 8);
		memcpy(to + 20 * i + 16, &entry[i].type, 4);
	}
	return 80;
}

/* As a loader would: a bit for each of the 124 units from 8 MiB on. */
static size_t write_table(struct cvm_table *table)
{
	table->version = 1;
	table->unit_size = 2 * MIB;
	table->phys_base = 8 * MIB;
	table->size = 16;
	table->bitmap[0] = UINT64_MAX;
	table->bitmap[1] = UINT64_MAX >> 4;
	return CVM_TABLE_HEADER + 16;
}

static void use_pages(void)
{
	static const unsigned order[] = { 0, 9, 3, 10, 0 };
	uint64_t gpa[5];

	for (unsigned i = 0; i < 5; i++) {
		expect(!kmem_alloc(order[i], &gpa[i]), "a block is handed out");
		for (uint64_t page = 0; page < PAGE << order[i]; page += PAGE)
			memset((void *)private(gpa[i] + page), (int)(i + 1), PAGE);
	}
	for (unsigned i = 0; i < 5; i++) {
		for (uint64_t at = 0; at < PAGE << order[i]; at += 64)
			expect(*private(gpa[i] + at) == i + 1, "a block keeps what was written");
		expect(!kmem_free(gpa[i], order[i]), "a block is taken back");
	}
}

/* The true state of a page, whatever the guest believes. */
static enum emu_page_state state_of(uint64_t gpa)
{
	return emu_machine_state(hosted_emu(machine), gpa);
}

static void use_dma(void)
{
	uint64_t gpa;

	expect(!kmem_dma_alloc(2, &gpa), "memory for a device is handed out");
	for (uint64_t page = gpa; page < gpa + 4 * PAGE; page += PAGE) {
		expect(state_of(page) == EMU_PAGE_SHARED, "the host sees it");
		*shared(page) = 0x5a;
		expect(*shared(page) == 0x5a, "it can be used");
	}
	expect(kmem_free(gpa, 2) == CVM_EBUSY, "shared memory is not freed");
	expect(!kmem_dma_free(gpa, 2), "it is taken back");
	for (uint64_t page = gpa; page < gpa + 4 * PAGE; page += PAGE)
		expect(state_of(page) == EMU_PAGE_MAPPED, "it is private again");
}

/* Memory that is accepted by its address alone: twice the same is once. */
static void use_accept(void)
{
	uint64_t gpa = 180 * MIB;

	expect(state_of(gpa) == EMU_PAGE_FREE, "a far page is not accepted");
	expect(!kmem_accept(gpa, gpa + 3 * PAGE), "memory is accepted");
	memset((void *)private(gpa), 7, 3 * PAGE);
	expect(!kmem_accept(gpa + PAGE, gpa + 2 * PAGE), "and nothing is done a second time");
	expect(*private(gpa + PAGE) == 7, "which would lose what it holds");
}

/* What a #VE's or #VC's handler does before it returns to the instruction. */
static void take_fault(void)
{
	uint64_t gpa = 200 * MIB + 123 * PAGE;

	expect(state_of(gpa) == EMU_PAGE_FREE, "far memory is not accepted");
	expect(!kmem_fault(gpa), "a fault is served");
	*private(gpa) = 1;
	expect(state_of(gpa + PAGE) == EMU_PAGE_MAPPED, "all of its unit is accepted");
	expect(state_of(230 * MIB) == EMU_PAGE_FREE, "other memory is not");
	expect(kmem_fault(4096 * MIB) == CVM_ERANGE, "not for what is not RAM");
}

static void guest(unsigned vcpu, void *started)
{
	int error = kmem_start(&boot);

	(void)vcpu;
	expect(!error, cvm_strerror(error));
	if (error)
		return;
	use_pages();
	use_dma();
	use_accept();
	take_fault();
	*(bool *)started = true;
}

int main(int argc, char **argv)
{
	static uint64_t table[8];
	static uint8_t e820[80];
	struct hosted_config config = { .vcpus = 1, .coherency_sfw_no = true };
	struct hosted_report report;
	struct hosted_stats stats;
	bool with_table, completed = false;
	char error[200];

	if (argc != 3)
		return 2;
	with_table = !strcmp(argv[2], "table");
	config.kind = strcmp(argv[1], "snp") ? HOSTED_TDX : HOSTED_SNP;
	config.ram = &ram;
	config.launch = &launch;
	config.ram_count = config.launch_count = 1;
	machine = hosted_create(&config, error, sizeof(error));
	if (!machine) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	boot = (struct kmem_boot){
		.direct_map = hosted_direct_map(machine),
		.shared_map = hosted_shared_map(machine),
		.e820 = e820,
		.e820_bytes = write_e820(e820, with_table),
		.image = MIB,
		.image_end = IMAGE_END,
		.ghcb = IMAGE_END,
		.cpuid = hosted_cpuid,
		.vmgexit = hosted_vmgexit,
	};
	if (with_table) {
		boot.table = (struct cvm_table *)table;
		boot.table_bytes = write_table(boot.table);
	}
	expect(!hosted_run(machine, 1, guest, &completed, &report), "the machine did not stop");
	expect(completed, "the kernel came to its end");
	hosted_stats(machine, &stats);
	expect(!stats.violations, "no page was touched too early");
	expect(!stats.emu.already_accepted, "no page was accepted twice");
	expect(stats.emu.unaccepted_bytes > 200 * MIB, "most memory is not accepted yet");
	printf("%s, %s: %llu MiB accepted, %llu MiB not\n", argv[1], argv[2],
	       (unsigned long long)(stats.emu.accepted_bytes / MIB),
	       (unsigned long long)(stats.emu.unaccepted_bytes / MIB));
	hosted_destroy(machine);
	return failures ? 1 : 0;
}
