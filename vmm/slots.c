/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

int cvm_vmm_create_memfd(const struct cvm_vmm_sys *sys, int vm_fd, const struct cvm_vmm_caps *caps,
			 uint64_t size, uint64_t flags, int *fd)
{
	struct abi_memfd memfd;
	long result;

	if (!caps->guest_memfd || flags & ~caps->memfd_flags)
		return CVM_VMM_ENOTSUP;
	if (!size || size % VMM_PAGE)
		return CVM_VMM_EINVAL;
	memfd.size = size;
	memfd.flags = flags;
	for (unsigned i = 0; i < sizeof(memfd.reserved) / sizeof(memfd.reserved[0]); i++)
		memfd.reserved[i] = 0;
	result = sys->ioctl(sys->ctx, vm_fd, ABI_CREATE_MEMFD, &memfd);
	if (result < 0)
		return cvm_vmm_error_of(result);
	*fd = (int)result;
	return CVM_VMM_OK;
}

int cvm_vmm_set_slot(const struct cvm_vmm_sys *sys, int vm_fd, const struct cvm_vmm_caps *caps,
		     uint32_t slot, uint32_t flags, const struct cvm_vmm_region *region)
{
	struct abi_slot2 slot2;
	bool memfd = region->memfd >= 0;

	if (memfd && !caps->guest_memfd)
		return CVM_VMM_ENOTSUP;
	slot2.slot = slot;
	slot2.flags = flags | (memfd ? ABI_SLOT_MEMFD : 0);
	slot2.gpa = region->gpa;
	slot2.size = region->size;
	slot2.host = region->host;
	slot2.memfd_offset = memfd ? region->memfd_offset : 0;
	slot2.memfd = memfd ? (uint32_t)region->memfd : 0;
	slot2.pad1 = 0;
	for (unsigned i = 0; i < sizeof(slot2.pad2) / sizeof(slot2.pad2[0]); i++)
		slot2.pad2[i] = 0;
	/* The older call's structure is the beginning of the newer one's. */
	return cvm_vmm_error_of(
		sys->ioctl(sys->ctx, vm_fd, memfd ? ABI_SET_SLOT2 : ABI_SET_SLOT, &slot2));
}

int cvm_vmm_set_private(const struct cvm_vmm_sys *sys, int vm_fd, uint64_t gpa, uint64_t size,
			bool is_private)
{
	struct vmm_tries tries = { .sys = sys };
	struct abi_attributes attributes;
	long result;
	int error;

	if (!size || (gpa | size) % VMM_PAGE || gpa + size < gpa)
		return CVM_VMM_EINVAL;
	do {
		attributes.address = gpa;
		attributes.size = size;
		attributes.attributes = is_private ? ABI_ATTRIBUTE_PRIVATE : 0;
		attributes.flags = 0;
		result = sys->ioctl(sys->ctx, vm_fd, ABI_SET_ATTRIBUTES, &attributes);
		error = cvm_vmm_try(&tries, result, !result);
	} while (!error && result);
	return error;
}
