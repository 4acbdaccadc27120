/* SPDX-License-Identifier: MIT */
#include "tools/boot/kvm.h"

#include <stdlib.h>

#include <cvmem/vmm.h>

void boot_kvm_init(struct boot_kvm *kvm, struct hosted_config *config)
{
	model_init(&kvm->model, EMU_KVM_LINUX,
		   config->kind == HOSTED_SNP ? EMU_KVM_SNP : EMU_KVM_TDX, config->vcpus,
		   config->ram, config->ram_count);
	kvm->model.vcpu = hosted_vcpu;
	config->kvm = &kvm->model.config;
}

/* Pages of zeros: this guest's firmware is code of this process. */
static int add_content(struct model *model, const struct emu_ram *launch)
{
	size_t size = (size_t)(launch->end - launch->start);
	void *zeros = aligned_alloc(4096, size);
	int error = CVM_VMM_ENOMEM;

	if (zeros) {
		for (size_t i = 0; i < size; i++)
			((uint8_t *)zeros)[i] = 0;
		error = model_add(model, launch->start, size, zeros, CVM_VMM_CONTENT, NULL);
	}
	free(zeros);
	return error;
}

const char *boot_kvm_start(struct boot_kvm *kvm, struct hosted_machine *machine,
			   const struct emu_ram *launch, uint64_t bytes)
{
	const char *problem = model_create(&kvm->model, hosted_kvm(machine));
	struct cvm_vmm_progress done;
	int error;

	if (problem)
		return problem;
	error = add_content(&kvm->model, launch);
	if (!error)
		error = model_finish(&kvm->model, kvm->report.digest);
	if (!error)
		error = model_populate(&kvm->model, bytes, &done, NULL, NULL);
	if (error)
		return cvm_vmm_strerror(error);
	kvm->report.used = true;
	kvm->report.populated = done.done;
	kvm->report.calls = done.calls[CVM_VMM_STEP_STAGE2];
	return NULL;
}

void boot_kvm_finish(struct boot_kvm *kvm)
{
	struct emu_kvm_stats stats;

	emu_kvm_stats(kvm->model.kvm, &stats);
	kvm->report.faults = stats.violations;
	kvm->report.conversions = kvm->model.conversions;
}
