/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/* start.S has these numbers. */
_Static_assert(CVM_PLATFORM_TDX == 1 && CVM_PLATFORM_SNP == 2, "");
_Static_assert(BARE_LAUNCH_BYTES >= BOOT_LAUNCH_BYTES, "");

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static struct boot boot;
static struct cvm_map map;
static struct cvm_range ranges[BOOT_MAX_RANGES];
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

static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	__asm__ volatile("pause");
}

static unsigned this_cpu(void *ctx)
{
	return bare_cpu();
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
	    !config->tsc_khz || !config->vcpus || config->vcpus > BARE_CPUS ||
	    config->idle_vcpus > BARE_CPUS - config->vcpus)
		bare_panic("fw_cfg has no configuration of this build, of bytes", bytes);
}

/* Its size. */
static uint32_t find_workload(uint16_t *selector)
{
	uint32_t bytes = bare_fw_cfg_find(BOOT_WIRE_WORKLOAD, selector);

	if (!bytes)
		bare_panic("fw_cfg has no workload", 0);
	return bytes;
}

static void read_workload(uint16_t selector, uint64_t start, uint32_t bytes)
{
	check(bare_fw_cfg_read(selector, (void *)start, bytes), "the workload cannot be read");
	guest_machine.workload = start;
	guest_machine.workload_bytes = bytes;
}

/* The workload is read into memory that the map will not call RAM. */
static void read_machine(void)
{
	struct cvm_accept_result result = { 0 };
	uint16_t selector;
	uint32_t bytes = find_workload(&selector);
	uint64_t start = GUEST_WORKLOAD, end = (start + bytes + 2 * MIB - 1) & -(2 * MIB);

	check(bare_platform.platform->accept(bare_platform.platform, start, end, &result),
	      "the workload's memory is not accepted");
	read_workload(selector, start, bytes);
	check(guest_map_of_rom(&map, end), "the E820 table");
}

static void read_machine_of(const struct guest_firmware *firmware, uint64_t image)
{
	uint16_t selector;
	uint32_t bytes = find_workload(&selector);
	uint64_t start;

	check(guest_map_of_firmware(&map, firmware, image), "the EFI memory map");
	start = guest_map_take(&map, bytes);
	if (!start)
		bare_panic("there is no memory for the workload, of bytes", bytes);
	read_workload(selector, start, bytes);
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
	guest_cpu_arrived();
	boot_main(&boot, cpu);
	guest_cpu_park();
}

static struct boot_machine machine = {
	.shared_map = BARE_SHARED_MAP,
	.launch = BARE_LAUNCH,
	.host = { .relax = relax, .now_ns = now_ns, .cpu = this_cpu },
	.wait = guest_wait,
	.wake = wake,
	.on_fault = guest_faults_start,
	.hot_added = guest_hot_added,
	.image = &guest_image,
};

static struct boot_config boot_config = { .map = &map, .workload = &workload };

/* The SVSM's calling area is the first CPU's alone. */
static void check_svsm(unsigned cpus)
{
	if (bare_platform.svsm.size && cpus > 1)
		bare_panic("under an SVSM the kernel has one CPU, and not", cpus);
}

/* Before the stages: what they run on, and the other CPUs. */
static void prepare_stages(void)
{
	const struct boot_wire_config *config = &guest_machine.config;
	unsigned cpus = config->vcpus + config->idle_vcpus;

	check_svsm(cpus);
	check(trace_open(&workload, (void *)guest_machine.workload, guest_machine.workload_bytes),
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
	check(guest_cpus_start(cpus, other_cpu), "a CPU does not start");
	check(guest_cpus_await(cpus - 1), "a CPU does not run");
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

/* From the memory map on. rsdp: of a firmware that has CPUs; 0: they wait in this image. */
static void __attribute__((noreturn)) boot_first(uint64_t rsdp)
{
	unsigned cpus = guest_machine.config.vcpus + guest_machine.config.idle_vcpus;
	uint64_t mailbox = cpus > 1 && rsdp ? guest_madt_mailbox(&map, rsdp) : 0;

	if (cpus > 1 && rsdp && !mailbox)
		bare_panic("firmware has no mailbox for CPUs, and the RSDP", rsdp);
	if (cpus > 1)
		check(guest_apic_ids(guest_machine.apic_ids, cpus),
		      "the host's ACPI tables do not name that many CPUs");
	guest_machine.end_of_memory = guest_map_end(&map);
	place_hot_memory();
	check(bare_memory_start(guest_machine.end_of_memory), "there is no room for page tables");
	/* They get these page tables. */
	if (mailbox)
		check(guest_cpus_from(mailbox, cpus), "a CPU does not come from firmware");
	prepare_stages();
	boot_main(&boot, 0);
	finish();
}

void guest_main(enum cvm_platform_kind kind)
{
	guest_machine.kind = kind;
	guest_machine.rom = GUEST_ROM;
	guest_machine.secrets_page = bare_secrets_page;
	guest_machine.cpuid_page = bare_cpuid_page;
	/* The first 4 GiB, until it is known how much memory there is. */
	start(kind, 0);
	cvm_map_init(&map, ranges, BOOT_MAX_RANGES);
	read_config();
	read_machine();
	boot_first(0);
}

static void __attribute__((noreturn))
boot_from(const struct guest_firmware *firmware, uint64_t image)
{
	uint64_t rsdp = firmware->kind == CVM_PLATFORM_TDX ? firmware->rsdp : 0;

	guest_machine.kind = firmware->kind;
	guest_machine.rom = firmware->rom;
	guest_machine.secrets_page = bare_secrets_page = firmware->secrets_page;
	guest_machine.cpuid_page = bare_cpuid_page = firmware->cpuid_page;
	start(guest_machine.kind, 0);
	cvm_map_init(&map, ranges, BOOT_MAX_RANGES);
	read_config();
	read_machine_of(firmware, image);
	boot_config.firmware_has_run = true;
	boot_first(rsdp);
}

void guest_next(uint64_t image, bool from_firmware)
{
	const struct boot_start *next;

	bare_moved = image - BARE_IMAGE;
	machine.launch = bare_at(BARE_LAUNCH);
	if (from_firmware)
		boot_from(guest_firmware_of(image), image);
	next = guest_next_start(image);
	bare_secrets_page = guest_machine.secrets_page;
	bare_cpuid_page = guest_machine.cpuid_page;
	start(guest_machine.kind, guest_machine.end_of_memory);
	prepare_stages();
	boot_resume(&boot, next);
	finish();
}
