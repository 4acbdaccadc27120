/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TDX_SEPT_VE_DISABLE (UINT64_C(1) << 28)

/*
 * The emulator's callbacks have no way to fail. What the host refuses stops the machine; the
 * vCPU leaves when the emulator returns to the trap.
 */
static void refused(struct hosted_machine *machine, const char *what, uint64_t gpa)
{
	int error = errno;
	const struct hosted_vcpu *vcpu = hosted_this_vcpu;

	hosted_stop_text(machine, vcpu ? vcpu->number : 0, gpa, "the host cannot %s: %s%s", what,
			 strerror(error),
			 error == ENOMEM ? " (too many separate mappings: raise vm.max_map_count)"
					 : "");
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
	struct hosted_machine *machine = ctx;

	/* Memory that is in no view holds no data, so that it reads as zero in any case. */
	if (!hosted_memory_map(&machine->memory, false, gpa, size))
		refused(machine, "map private memory", gpa);
}

static void unmap_private(void *ctx, uint64_t gpa, uint64_t size)
{
	struct hosted_machine *machine = ctx;

	if (!hosted_memory_unmap(&machine->memory, false, gpa, size))
		refused(machine, "unmap private memory", gpa);
}

static void map_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	struct hosted_machine *machine = ctx;

	if (!hosted_memory_map(&machine->memory, true, gpa, size))
		refused(machine, "map shared memory", gpa);
}

static void unmap_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	struct hosted_machine *machine = ctx;

	if (!hosted_memory_unmap(&machine->memory, true, gpa, size))
		refused(machine, "unmap shared memory", gpa);
}

static bool read_shared(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	struct hosted_machine *machine = ctx;

	return hosted_memory_read(&machine->memory, gpa, buffer, size);
}

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	struct hosted_machine *machine = ctx;

	return hosted_memory_write(&machine->memory, gpa, buffer, size);
}

static bool is_list(const struct emu_ram *list, size_t count)
{
	uint64_t end = 0;

	for (size_t i = 0; i < count; i++) {
		if (((list[i].start | list[i].end) & 4095) || list[i].start >= list[i].end)
			return false;
		if (list[i].start < end)
			return false;
		end = list[i].end;
	}
	return true;
}

static bool is_inside(const struct emu_ram *range, const struct emu_ram *ram, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (range->start >= ram[i].start && range->end <= ram[i].end)
			return true;
	}
	return false;
}

static const char *check(const struct hosted_config *config)
{
	if (config->kind != HOSTED_TDX && config->kind != HOSTED_SNP)
		return "unknown kind of machine";
	if (!config->vcpus || config->vcpus > HOSTED_MAX_VCPUS)
		return "the number of vCPUs is out of range";
	if (!config->ram_count || !is_list(config->ram, config->ram_count))
		return "the RAM list is empty, unaligned, unordered or overlaps itself";
	if (!is_list(config->launch, config->launch_count))
		return "the launch list is unaligned, unordered or overlaps itself";
	for (size_t i = 0; i < config->launch_count; i++) {
		if (!is_inside(&config->launch[i], config->ram, config->ram_count))
			return "launch content lies outside RAM";
	}
	return NULL;
}

static bool create_emulator(struct hosted_machine *machine, const struct hosted_config *config,
			    uint64_t top)
{
	const struct emu_engine engine = {
		.map_private = map_private,
		.unmap_private = unmap_private,
		.map_shared = map_shared,
		.unmap_shared = unmap_shared,
		.read_shared = read_shared,
		.write_shared = write_shared,
		.ctx = machine,
	};

	if (config->kind == HOSTED_TDX) {
		const struct emu_tdx_config tdx = {
			.vcpus = config->vcpus,
			.gpa_width = top <= UINT64_C(1) << 47 ? 48 : 52,
			.ram = config->ram,
			.ram_count = config->ram_count,
			.attributes = TDX_SEPT_VE_DISABLE,
			.host_4k_only = config->host_4k_only,
			.map_gpa_chunk = UINT64_C(2) << 20, /* what KVM does */
			.attack = config->attack,
		};

		machine->tdx = emu_tdx_create(&tdx, &engine);
		return machine->tdx;
	}

	const struct emu_snp_config snp = {
		.vcpus = config->vcpus,
		.ram = config->ram,
		.ram_count = config->ram_count,
		.rmp_4k_only = config->host_4k_only,
		.assign_on_touch = true, /* what KVM does */
		.attack = config->attack,
	};

	machine->snp = emu_snp_create(&snp, &engine);
	return machine->snp;
}

static const char *power_off_state(struct hosted_machine *machine,
				   const struct hosted_config *config)
{
	uint64_t top = config->ram[config->ram_count - 1].end;
	const char *problem = hosted_memory_create(&machine->memory, top);

	if (problem)
		return problem;
	machine->vcpus = aligned_alloc(_Alignof(struct hosted_vcpu),
				       config->vcpus * sizeof(*machine->vcpus));
	if (!machine->vcpus || !create_emulator(machine, config, top))
		return "out of memory";
	memset(machine->vcpus, 0, config->vcpus * sizeof(*machine->vcpus));
	for (unsigned i = 0; i < config->vcpus; i++) {
		machine->vcpus[i].machine = machine;
		machine->vcpus[i].number = i;
	}

	for (size_t i = 0; i < config->launch_count; i++) {
		if (machine->tdx)
			emu_tdx_add(machine->tdx, config->launch[i].start, config->launch[i].end);
		else
			emu_snp_add(machine->snp, config->launch[i].start, config->launch[i].end);
	}
	return hosted_stopped(machine) ? machine->report.stop.text : NULL;
}

struct hosted_machine *hosted_create(const struct hosted_config *config, char *error,
				     size_t error_size)
{
	struct hosted_machine *machine = NULL;
	const char *problem = check(config);

	if (!problem) {
		machine = calloc(1, sizeof(*machine));
		if (!machine) {
			problem = "out of memory";
		} else {
			machine->memory.fd = -1;
			machine->config = *config;
			machine->config.ram = machine->config.launch = NULL;
			problem = power_off_state(machine, config);
		}
	}
	if (!problem)
		return machine;
	snprintf(error, error_size, "%s", problem);
	hosted_destroy(machine);
	return NULL;
}

void hosted_destroy(struct hosted_machine *machine)
{
	if (!machine)
		return;
	emu_tdx_destroy(machine->tdx);
	emu_snp_destroy(machine->snp);
	hosted_memory_destroy(&machine->memory);
	free(machine->vcpus);
	free(machine);
}

uintptr_t hosted_direct_map(const struct hosted_machine *machine)
{
	return machine->memory.private_view;
}

uintptr_t hosted_shared_map(const struct hosted_machine *machine)
{
	return machine->memory.shared_view;
}

bool hosted_stopped(const struct hosted_machine *machine)
{
	return __atomic_load_n(&machine->state, __ATOMIC_ACQUIRE) != MACHINE_RUNS;
}

void hosted_stop(struct hosted_machine *machine, const struct hosted_report *report)
{
	int runs = MACHINE_RUNS;

	if (!__atomic_compare_exchange_n(&machine->state, &runs, MACHINE_STOPPING, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return;
	machine->report = *report;
	__atomic_store_n(&machine->state, MACHINE_STOPPED, __ATOMIC_RELEASE);
}

void hosted_stop_text(struct hosted_machine *machine, unsigned vcpu, uint64_t gpa,
		      const char *format, ...)
{
	struct hosted_report report = {
		.stop = { .cause = EMU_STOP_HOST_FAULT, .vcpu = vcpu, .gpa = gpa },
		.gpa = gpa,
	};
	va_list args;

	va_start(args, format);
	vsnprintf(report.stop.text, sizeof(report.stop.text), format, args);
	va_end(args);
	hosted_stop(machine, &report);
}

void hosted_stop_emulated(struct hosted_machine *machine)
{
	struct hosted_report report = { 0 };

	if (machine->tdx)
		emu_tdx_stopped(machine->tdx, &report.stop);
	else
		emu_snp_stopped(machine->snp, &report.stop);
	report.gpa = report.stop.gpa;
	hosted_stop(machine, &report);
}
