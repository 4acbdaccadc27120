/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include "emu/kvm/kvm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TDX_SEPT_VE_DISABLE (UINT64_C(1) << 28)
/* GHCB specification 2.03, table "Hypervisor Feature Support". */
#define HV_FEATURE_MULTI_VMPL (UINT64_C(1) << 5)

static bool is_inside(const struct emu_ram *range, const struct emu_ram *ram, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (range->start >= ram[i].start && range->end <= ram[i].end)
			return true;
	}
	return false;
}

/* Write what is wrong with a list to error[]; true if nothing is. */
static bool check_list(const char *what, const struct emu_ram *list, size_t count, char *error,
		       size_t error_size)
{
	const char *problem = emu_ram_check(list, count);

	if (problem)
		snprintf(error, error_size, "%s: %s", what, problem);
	return !problem;
}

static bool has_calling_areas(const struct hosted_config *config)
{
	const struct emu_ram areas = { config->caa, config->caa + UINT64_C(4096) * config->vcpus };

	return !(config->caa % 4096) && is_inside(&areas, config->launch, config->launch_count);
}

static bool check(const struct hosted_config *config, char *error, size_t error_size)
{
	const char *problem = NULL;

	if (config->kind != HOSTED_TDX && config->kind != HOSTED_SNP)
		problem = "unknown kind of machine";
	else if (!config->vcpus || config->vcpus > HOSTED_MAX_VCPUS)
		problem = "the number of vCPUs is out of range";
	else if (!config->ram_count)
		problem = "the machine has no RAM";
	else if (config->vmpl > 3 || (config->vmpl && config->kind != HOSTED_SNP))
		problem = "there is no such VMPL";
	else if (config->kvm && (config->vcpus > EMU_KVM_VCPUS || config->launch_count ||
				 config->vmpl || config->attack.kind != EMU_ATTACK_NONE))
		problem = "a machine over the model of KVM has no launch content, VMPLs or "
			  "attacks, and at most 32 vCPUs";
	if (problem) {
		snprintf(error, error_size, "%s", problem);
		return false;
	}
	if (!check_list("RAM", config->ram, config->ram_count, error, error_size) ||
	    !check_list("launch content", config->launch, config->launch_count, error, error_size))
		return false;
	for (size_t i = 0; i < config->launch_count; i++) {
		if (!is_inside(&config->launch[i], config->ram, config->ram_count)) {
			snprintf(error, error_size, "launch content lies outside RAM");
			return false;
		}
	}
	if (config->vmpl && !has_calling_areas(config)) {
		snprintf(error, error_size,
			 "the vCPUs' calling areas are not whole pages of launch content");
		return false;
	}
	return true;
}

static bool create_over_kvm(struct hosted_machine *machine, const struct hosted_config *config)
{
	const struct emu_backend backend = hosted_memory_backend(machine);

	machine->kvm = emu_kvm_create(config->kvm, &backend);
	if (!machine->kvm)
		return false;
	machine->tdx = emu_kvm_tdx(machine->kvm);
	machine->snp = emu_kvm_snp(machine->kvm);
	machine->emu = machine->tdx   ? emu_tdx_machine(machine->tdx)
		       : machine->snp ? emu_snp_machine(machine->snp)
				      : NULL;
	return machine->emu;
}

static bool create_emulator(struct hosted_machine *machine, const struct hosted_config *config,
			    uint64_t top)
{
	const struct emu_backend backend = hosted_memory_backend(machine);

	if (config->kvm)
		return create_over_kvm(machine, config);
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

		machine->tdx = emu_tdx_create(&tdx, &backend);
		machine->emu = machine->tdx ? emu_tdx_machine(machine->tdx) : NULL;
		return machine->emu;
	}

	const struct emu_snp_config snp = {
		.vcpus = config->vcpus,
		.ram = config->ram,
		.ram_count = config->ram_count,
		.rmp_4k_only = config->host_4k_only,
		.assign_on_touch = true, /* what KVM does */
		.vmpl = config->vmpl,
		.hv_features = config->vmpl ? HV_FEATURE_MULTI_VMPL : 0,
		.host = hosted_svsm_host(machine),
		.attack = config->attack,
	};

	machine->snp = emu_snp_create(&snp, &backend);
	machine->emu = machine->snp ? emu_snp_machine(machine->snp) : NULL;
	if (machine->emu && config->vmpl)
		machine->svsm = hosted_svsm_create(machine);
	return machine->emu && (machine->svsm || !config->vmpl);
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

	for (size_t i = 0; i < config->launch_count; i++)
		emu_machine_launch(machine->emu, config->launch[i].start, config->launch[i].end);
	return hosted_stopped(machine) ? machine->report.stop.text : NULL;
}

struct hosted_machine *hosted_create(const struct hosted_config *config, char *error,
				     size_t error_size)
{
	struct hosted_machine *machine;
	const char *problem = "out of memory";

	if (!check(config, error, error_size))
		return NULL;
	machine = calloc(1, sizeof(*machine));
	if (machine) {
		machine->memory.fd = -1;
		machine->config = *config;
		machine->config.ram = machine->config.launch = NULL;
		problem = power_off_state(machine, config);
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
	if (machine->kvm) {
		emu_kvm_destroy(machine->kvm);
	} else {
		emu_tdx_destroy(machine->tdx);
		emu_snp_destroy(machine->snp);
	}
	svsm_destroy(machine->svsm);
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

struct emu_machine *hosted_emu(const struct hosted_machine *machine)
{
	return machine->emu;
}

struct emu_kvm *hosted_kvm(const struct hosted_machine *machine)
{
	return machine->kvm;
}

#define TDG_VP_VMCALL 0

static void count_exits(const struct hosted_machine *machine, struct hosted_stats *out)
{
	struct emu_tdx_stats tdx;
	struct emu_snp_stats snp;

	if (machine->tdx) {
		emu_tdx_stats(machine->tdx, &tdx);
		out->exits = tdx.calls[TDG_VP_VMCALL];
		out->conversions = tdx.map_gpa_calls;
	} else {
		emu_snp_stats(machine->snp, &snp);
		out->exits = snp.vmgexits;
		out->conversions = snp.psc_entries + snp.psc_msr;
	}
}

void hosted_stats(const struct hosted_machine *machine, struct hosted_stats *out)
{
	emu_machine_stats(machine->emu, &out->emu);
	count_exits(machine, out);
	out->violations = __atomic_load_n(&machine->violations, __ATOMIC_RELAXED);
}
