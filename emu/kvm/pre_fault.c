/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* Before the launch, in the seed's proposal: tables and KVM's own copy of the entry alone. */
static long populate(struct emu_kvm *kvm, uint64_t gpa, uint8_t *page)
{
	long result = kvm->tdx ? emu_kvm_tdp_tables(kvm, gpa) : 0;

	if (!result)
		*page |= PAGE_POPULATED;
	return result;
}

/* The page's memory is what the VMM has mapped, not a guest_memfd's. */
static bool is_from_mapping(const struct emu_kvm *kvm, const struct kvm_slot *slot, uint8_t page)
{
	return !(page & PAGE_PRIVATE) && (slot->memfd < 0 || kvm_has_private(kvm));
}

void emu_kvm_unmap_host(struct emu_kvm *kvm, uint64_t address, uint64_t size)
{
	pthread_mutex_lock(&kvm->lock);
	for (uint64_t gpa = 0; gpa < kvm->end; gpa += KVM_PAGE) {
		const struct kvm_slot *slot = emu_kvm_slot_at(kvm, gpa);
		uint8_t *page = &kvm->page[gpa / KVM_PAGE];

		if (!slot || !(*page & PAGE_MAPPED) || !is_from_mapping(kvm, slot, *page) ||
		    slot->host + gpa - slot->gpa - address >= size)
			continue;
		*page &= ~PAGE_MAPPED;
		kvm->mapped--;
	}
	pthread_mutex_unlock(&kvm->lock);
}

static long map(struct emu_kvm *kvm, uint64_t gpa)
{
	uint8_t *page = &kvm->page[gpa / KVM_PAGE];
	const struct kvm_slot *slot = emu_kvm_slot_at(kvm, gpa);
	long result = 0;

	if (!slot)
		return -ENOENT;
	if (*page & PAGE_PRIVATE && slot->memfd < 0)
		return -EFAULT;
	if (*page & PAGE_MAPPED)
		return 0;
	if (is_from_mapping(kvm, slot, *page) && kvm->config.host_mapped &&
	    !kvm->config.host_mapped(kvm->config.ctx, slot->host + gpa - slot->gpa))
		return -EFAULT;
	if (*page & PAGE_PRIVATE) {
		if (kvm_is_confidential(kvm) && !kvm->finalized)
			return populate(kvm, gpa, page);
		result = emu_kvm_private_map(kvm, gpa);
	}
	if (!result) {
		*page |= PAGE_MAPPED;
		kvm->mapped++;
	}
	return result;
}

/* Before the end of the launch: pre_fault_allowed is not set yet. */
static bool is_allowed(const struct emu_kvm *kvm)
{
	return !kvm_is_confidential(kvm) || kvm->finalized ||
	       (kvm->config.profile == EMU_KVM_SEED && kvm->initialized);
}

/* KVM_PRE_FAULT_MEMORY: 0 after at least one page, with the rest in gpa and size. */
long emu_kvm_pre_fault(struct emu_kvm *kvm, struct kvm_abi_range *range)
{
	bool any = false;
	long result;

	if (range->flags || !kvm_is_range(range->gpa, range->size))
		return -EINVAL;
	if (!is_allowed(kvm))
		return -EOPNOTSUPP;
	while (range->size) {
		if (kvm->config.signal && kvm->config.signal(kvm->config.ctx))
			return any ? 0 : -EINTR;
		result = map(kvm, range->gpa);
		if (result)
			return any ? 0 : result;
		any = true;
		range->gpa += KVM_PAGE;
		range->size -= KVM_PAGE;
	}
	return 0;
}
