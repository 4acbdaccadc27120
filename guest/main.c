/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/* start.S has these numbers. */
_Static_assert(CVM_PLATFORM_TDX == 1 && CVM_PLATFORM_SNP == 2, "");
_Static_assert(BARE_LAUNCH_BYTES >= BOOT_LAUNCH_BYTES, "");

#define MAX_E820 128
#define MIB	 (UINT64_C(1) << 20)
#define GIB	 (UINT64_C(1) << 30)

static struct boot boot;
static struct cvm_map map;
static struct cvm_range ranges[BOOT_MAX_RANGES];
static uint8_t e820[MAX_E820 * CVM_E820_ENTRY];
static struct trace workload;
static struct boot_wire_report report;

static uint64_t now_ns(void *ctx)
{
	uint32_t low, high;
	uint64_t ticks, khz = guest_machine.config.tsc_khz;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	ticks = (uint64_t)high << 32 | low;
	return ticks / khz * 1000000 + ticks % khz * 1000000 / khz;
}

static void pause_cpu(void)
{
	__asm__ volatile("pause");
}

static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	pause_cpu();
}

static unsigned this_cpu(void *ctx)
{
	return bare_cpu();
}

static void wait(void *ctx, const uint32_t *word, uint32_t value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		pause_cpu();
}

static void wake(void *ctx, uint32_t *word)
{
}

static void check(int error, const char *what)
{
	if (error)
		bare_panic(what, (uint64_t)error);
}

static void read_config(void)
{
	struct boot_wire_config *config = &guest_machine.config;
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find(BOOT_WIRE_CONFIG, &selector);

	if (bytes != sizeof(*config) || bare_fw_cfg_read(selector, config, bytes) ||
	    config->magic != BOOT_WIRE_MAGIC || config->bytes != sizeof(*config) ||
	    !config->tsc_khz || !config->vcpus || config->vcpus + config->idle_vcpus > BARE_CPUS)
		bare_panic("fw_cfg has no configuration of this build, of bytes", bytes);
}

/* Into memory that the map will not call RAM. */
static void read_workload(void)
{
	struct cvm_accept_result result = { 0 };
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find(BOOT_WIRE_WORKLOAD, &selector);
	uint64_t start = GUEST_WORKLOAD, end;

	if (!bytes)
		bare_panic("fw_cfg has no workload", 0);
	end = (start + bytes + 2 * MIB - 1) & -(2 * MIB);
	check(bare_platform.platform->accept(bare_platform.platform, start, end, &result),
	      "the workload's memory is not accepted");
	check(bare_fw_cfg_read(selector, (void *)start, bytes), "the workload cannot be read");
	guest_machine.end_of_workload = end;
	guest_machine.workload_bytes = bytes;
}

/* QEMU's E820 table, without what a PC has below 1 MiB and what this kernel uses. */
static void read_map(void)
{
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find("etc/e820", &selector);

	if (!bytes || bytes > sizeof(e820) || bare_fw_cfg_read(selector, e820, bytes))
		bare_panic("fw_cfg has no E820 table that fits, of bytes", bytes);
	cvm_map_init(&map, ranges, BOOT_MAX_RANGES);
	check(cvm_map_read_e820(&map, e820, bytes, 0), "the E820 table");
	/* Private memory is at its own addresses, and none of it at NULL. */
	check(cvm_map_set(&map, 0, 4096, CVM_MEM_RESERVED), "the map is full");
	check(cvm_map_set(&map, 0xa0000, MIB, CVM_MEM_RESERVED), "the map is full");
	check(cvm_map_set(&map, BARE_IMAGE, guest_machine.end_of_workload, CVM_MEM_RESERVED),
	      "the map is full");
	check(cvm_map_align(&map, 4096), "the map cannot be aligned");
}

static uint64_t end_of_memory(void)
{
	uint64_t end = 0;

	for (size_t i = 0; i < map.count; i++)
		if (map.range[i].type == CVM_MEM_RAM)
			end = map.range[i].end;
	return end;
}

/* QEMU has its slots behind all memory, at a multiple of 1 GiB. */
static void place_hot_memory(void)
{
	uint64_t start = guest_machine.end_of_memory, bytes = guest_machine.config.hot_bytes;

	if (!bytes)
		return;
	start = start < 4 * GIB ? 4 * GIB : (start + GIB - 1) & -GIB;
	guest_machine.hot = (struct cvm_span){ start, start + bytes };
	guest_machine.end_of_memory = start + bytes;
}

static void send_report(void)
{
	const uint8_t *byte = (const uint8_t *)&report;

	report.magic = BOOT_WIRE_MAGIC;
	report.bytes = sizeof(report);
	report.report = boot.report;
	for (unsigned i = 0; boot.report.what && boot.report.what[i] && i < sizeof(report.what) - 1;
	     i++)
		report.what[i] = boot.report.what[i];
	report.report.what = NULL;
	for (unsigned i = 0; i < sizeof(report); i++)
		bare_out(BOOT_WIRE_PORT, 1, byte[i]);
}

static void other_cpu(unsigned cpu)
{
	bare_exceptions_start();
	check(bare_ghcb_register(), "a GHCB page is not registered");
	boot_main(&boot, cpu);
	guest_cpu_park();
}

static struct boot_machine machine = {
	.shared_map = BARE_SHARED_MAP,
	.launch = BARE_LAUNCH,
	.host = { .relax = relax, .now_ns = now_ns, .cpu = this_cpu },
	.wait = wait,
	.wake = wake,
	.on_fault = guest_faults_start,
	.hot_added = guest_hot_added,
	.image = &guest_image,
};

static struct boot_config boot_config = { .map = &map, .workload = &workload };

/* Before the stages: what they run on, and the other CPUs. */
static void prepare_stages(void)
{
	const struct boot_wire_config *config = &guest_machine.config;

	check(trace_open(&workload, (void *)GUEST_WORKLOAD, guest_machine.workload_bytes),
	      "the workload is not valid");
	machine.platform = bare_platform.platform;
	machine.vcpus = config->vcpus;
	machine.idle_vcpus = config->idle_vcpus;
	machine.hot = guest_machine.hot;
	machine.use_device = config->use_disk ? guest_use_disk : NULL;
	boot_config.firmware_accepts = config->firmware_accepts;
	boot_config.policy = config->policy;
	boot_config.unit_size = config->unit_size;
	boot_config.bounce_bytes = config->bounce_bytes;
	boot_config.verify = config->verify;
	boot_config.kexecs = config->kexecs;
	boot_config.crash = config->crash;
	boot_config.hot_add_at = config->hot_add_at;
	boot_config.every_page = config->every_page;
	check(boot_init(&boot, &machine, &boot_config), "the stages do not take this machine");
	check(guest_cpus_start(config->vcpus + config->idle_vcpus, other_cpu),
	      "a CPU does not start");
}

/* Page tables for memory up to an address; GHCB pages, exceptions, and a device. */
static void start(enum cvm_platform_kind kind, uint64_t end)
{
	check(bare_platform_start(kind), "the platform does not start");
	check(bare_memory_start(end), "there is no room for page tables");
	check(bare_ghcbs_share(BARE_CPUS), "the GHCB pages are not shared");
	check(bare_ghcb_register(), "the GHCB page is not registered");
	bare_exceptions_start();
	check(bare_fw_cfg_start(), "the buffer for DMA is not shared");
}

static void __attribute__((noreturn)) finish(void)
{
	bare_put(boot.report.error ? "failed: " : "shell\n");
	if (boot.report.error)
		bare_put(boot.report.what);
	send_report();
	bare_power_off();
}

void guest_main(enum cvm_platform_kind kind)
{
	/* The first 4 GiB, until it is known how much memory there is. */
	start(kind, 0);
	guest_machine.kind = kind;
	read_config();
	read_workload();
	read_map();
	guest_machine.end_of_memory = end_of_memory();
	place_hot_memory();
	check(bare_memory_start(guest_machine.end_of_memory), "there is no room for page tables");
	prepare_stages();
	boot_main(&boot, 0);
	finish();
}

void guest_next(uint64_t image)
{
	const struct boot_start *next;

	bare_moved = image - BARE_IMAGE;
	next = guest_next_start(image);
	start(guest_machine.kind, guest_machine.end_of_memory);
	prepare_stages();
	boot_resume(&boot, next);
	finish();
}
