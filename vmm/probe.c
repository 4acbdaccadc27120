/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

static uint64_t capability(const struct cvm_vmm_sys *sys, int vm_fd, unsigned number)
{
	long value = sys->ioctl(sys->ctx, vm_fd, ABI_CHECK_EXTENSION, (void *)(uintptr_t)number);

	return value > 0 ? (uint64_t)value : 0;
}

int cvm_vmm_probe(const struct cvm_vmm_sys *sys, int vm_fd, struct cvm_vmm_caps *caps)
{
	caps->pre_fault = capability(sys, vm_fd, ABI_CAP_PRE_FAULT_MEMORY);
	caps->guest_memfd = capability(sys, vm_fd, ABI_CAP_GUEST_MEMFD);
	caps->attributes =
		capability(sys, vm_fd, ABI_CAP_MEMORY_ATTRIBUTES) & ABI_ATTRIBUTE_PRIVATE;
	caps->exit_info = capability(sys, vm_fd, ABI_CAP_MEMORY_FAULT_INFO);
	caps->memfd_flags = capability(sys, vm_fd, ABI_CAP_GUEST_MEMFD_FLAGS);
	/* Nothing, at no address: success where the advice is known (madvise(2), "EINVAL"). */
	caps->populate_write = !sys->madvise(sys->ctx, 0, 0, ABI_MADV_POPULATE_WRITE);
	return CVM_VMM_OK;
}
