/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* KVM_SET_MEMORY_ATTRIBUTES: what changes sides is unmapped first. */
long emu_kvm_set_attributes(struct emu_kvm *kvm, const struct kvm_abi_attributes *attributes)
{
	uint64_t known = kvm_has_private(kvm) ? KVM_ABI_PRIVATE : 0;
	uint8_t new = attributes->attributes &KVM_ABI_PRIVATE ? PAGE_PRIVATE : 0;
	uint64_t end = attributes->address + attributes->size;

	if (attributes->flags || attributes->attributes & ~known ||
	    !kvm_is_range(attributes->address, attributes->size))
		return -EINVAL;
	for (uint64_t gpa = attributes->address; gpa < end && gpa < kvm->end; gpa += KVM_PAGE) {
		uint8_t *page = &kvm->page[gpa / KVM_PAGE];

		if ((*page & PAGE_PRIVATE) == new)
			continue;
		if (*page & PAGE_MAPPED) {
			long result = *page & PAGE_PRIVATE ? emu_kvm_private_zap(kvm, gpa) : 0;

			if (result)
				return result;
			kvm->mapped--;
		}
		*page = new;
		emu_kvm_set_shared(kvm, gpa, !new);
	}
	return 0;
}
