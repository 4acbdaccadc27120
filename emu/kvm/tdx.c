/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* KVM_MEMORY_ENCRYPT_OP of a TD: Documentation/virt/kvm/x86/intel-tdx.rst. */
enum { CAPABILITIES, INIT_VM, INIT_VCPU, INIT_MEM_REGION, FINALIZE_VM, GET_CPUID };
enum { MEASURE_MEMORY_REGION = 1 };

#define EXTEND_CHUNK 256

static long init_vm(struct emu_kvm *kvm, struct kvm_abi_tdx_cmd *command)
{
	uint64_t status;

	if (kvm->initialized || command->flags)
		return -EINVAL;
	status = emu_kvm_seamcall(kvm, EMU_TDH_MNG_CREATE, kvm->tdr, 0, 0, NULL);
	if (!status)
		status = emu_kvm_seamcall(kvm, EMU_TDH_MNG_KEY_CONFIG, kvm->tdr, 0, 0, NULL);
	for (unsigned i = 0; i < EMU_SEAM_TDCX && !status; i++)
		status =
			emu_kvm_seamcall(kvm, EMU_TDH_MNG_ADDCX, emu_kvm_new_page(kvm), 0, 0, NULL);
	if (!status)
		status = emu_kvm_seamcall(kvm, EMU_TDH_MNG_INIT, kvm->tdr, 0, 0, NULL);
	command->hw_error = status;
	kvm->initialized = !status;
	return emu_kvm_errno(status);
}

static long init_vcpu(struct emu_kvm *kvm, int vcpu, struct kvm_abi_tdx_cmd *command)
{
	uint64_t page, status;

	if (!kvm->initialized || kvm->finalized || command->flags || kvm->vcpu_ready[vcpu])
		return -EINVAL;
	page = emu_kvm_new_page(kvm);
	status = emu_kvm_seamcall(kvm, EMU_TDH_VP_CREATE, page, 0, 0, NULL);
	if (!status)
		status = emu_kvm_seamcall(kvm, EMU_TDH_VP_INIT, page, 0, 0, NULL);
	command->hw_error = status;
	kvm->vcpu_ready[vcpu] = !status;
	kvm->tdvpr[vcpu] = page;
	return emu_kvm_errno(status);
}

static long finalize_vm(struct emu_kvm *kvm, struct kvm_abi_tdx_cmd *command)
{
	uint64_t status;

	if (!kvm->initialized || kvm->finalized || command->flags)
		return -EINVAL;
	status = emu_kvm_seamcall(kvm, EMU_TDH_MR_FINALIZE, kvm->tdr, 0, 0, NULL);
	command->hw_error = status;
	kvm->finalized = !status;
	return emu_kvm_errno(status);
}

/* The source of TDH.MEM.PAGE.ADD, as the module reads it: by the VMM's address. */
static long add_page(struct emu_kvm *kvm, const struct kvm_abi_tdx_region *region, bool measure,
		     uint64_t *status)
{
	uint64_t gpa = region->gpa;
	uint8_t *page = &kvm->page[gpa / KVM_PAGE], probe;
	const struct kvm_slot *slot = emu_kvm_slot_at(kvm, gpa);
	long result = 0;

	if (!slot || slot->memfd < 0)
		return -ENXIO;
	if (!(*page & PAGE_PRIVATE))
		return -EFAULT;
	if (!kvm->config.read_user(kvm->config.ctx, region->source, &probe, 1))
		return -EFAULT;
	if (kvm->config.profile == EMU_KVM_LINUX)
		result = emu_kvm_tdp_tables(kvm, gpa);
	else if (!(*page & PAGE_POPULATED))
		result = -ENOENT;
	if (result)
		return result;
	if (*page & PAGE_MAPPED)
		return -EEXIST;
	*status = emu_kvm_seamcall(kvm, EMU_TDH_MEM_PAGE_ADD, gpa, gpa, region->source, NULL);
	if (*status)
		return emu_kvm_errno(*status);
	*page |= PAGE_MAPPED;
	kvm->mapped++;
	for (uint64_t at = gpa; measure && at < gpa + KVM_PAGE && !*status; at += EXTEND_CHUNK)
		*status = emu_kvm_seamcall(kvm, EMU_TDH_MR_EXTEND, at, 0, 0, NULL);
	/* The measurement cannot be repaired. */
	return *status ? -EIO : 0;
}

static long init_mem_region(struct emu_kvm *kvm, int vcpu, struct kvm_abi_tdx_cmd *command)
{
	struct kvm_abi_tdx_region *region = (struct kvm_abi_tdx_region *)(uintptr_t)command->data;
	long result = 0;

	if (!kvm->vcpu_ready[vcpu] || kvm->finalized || command->flags & ~MEASURE_MEMORY_REGION)
		return -EINVAL;
	if (region->source % KVM_PAGE || !region->pages || region->pages > kvm->end / KVM_PAGE ||
	    !kvm_is_range(region->gpa, region->pages * KVM_PAGE) ||
	    region->gpa + region->pages * KVM_PAGE > kvm->end)
		return -EINVAL;
	while (region->pages && !result) {
		if (kvm->config.signal && kvm->config.signal(kvm->config.ctx))
			return -EINTR;
		result = add_page(kvm, region, command->flags & MEASURE_MEMORY_REGION,
				  &command->hw_error);
		if (result)
			break;
		region->source += KVM_PAGE;
		region->gpa += KVM_PAGE;
		region->pages--;
	}
	return result;
}

long emu_kvm_tdx_command(struct emu_kvm *kvm, int vcpu, struct kvm_abi_tdx_cmd *command)
{
	if (!kvm->tdx)
		return -ENOTTY;
	if (command->hw_error)
		return -EINVAL;
	if (vcpu < 0) {
		switch (command->id) {
		case INIT_VM:
			return init_vm(kvm, command);
		case FINALIZE_VM:
			return finalize_vm(kvm, command);
		default:
			return -EINVAL;
		}
	}
	switch (command->id) {
	case INIT_VCPU:
		return init_vcpu(kvm, vcpu, command);
	case INIT_MEM_REGION:
		return init_mem_region(kvm, vcpu, command);
	default:
		return -EINVAL;
	}
}
