/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

/*
 * KVM_PRE_FAULT_MEMORY returns 0 after a part as well, with the rest in gpa and size: an error or a
 * signal behind the part is told by the next call. EAGAIN: a memory slot is being changed.
 */
int cvm_vmm_map(const struct cvm_vmm_sys *sys, int vcpu_fd, uint64_t gpa, uint64_t size,
		const uint32_t *cancelled, uint64_t *at, uint64_t *calls)
{
	struct vmm_tries tries = { .sys = sys, .cancelled = cancelled };
	uint64_t end = gpa + size;

	*at = gpa;
	if ((gpa | size) % VMM_PAGE || end < gpa)
		return CVM_VMM_EINVAL;
	while (*at < end) {
		struct abi_pre_fault range;
		uint64_t before = *at;
		long result;
		int error;

		range.gpa = before;
		range.size = end - before;
		range.flags = 0;
		for (unsigned i = 0; i < sizeof(range.padding) / sizeof(range.padding[0]); i++)
			range.padding[i] = 0;
		result = sys->ioctl(sys->ctx, vcpu_fd, ABI_PRE_FAULT_MEMORY, &range);
		++*calls;
		/* A kernel that moves back or past the end is not followed. */
		if (range.gpa < before || range.gpa > end)
			return CVM_VMM_EIO;
		*at = range.gpa;
		if (*at == end)
			break;
		error = cvm_vmm_try(&tries, result, *at > before);
		if (error)
			return error;
	}
	return CVM_VMM_OK;
}

int cvm_vmm_pre_fault(const struct cvm_vmm_sys *sys, int vcpu_fd, uint64_t gpa, uint64_t size,
		      const uint32_t *cancelled, uint64_t *at)
{
	uint64_t calls = 0;

	return cvm_vmm_map(sys, vcpu_fd, gpa, size, cancelled, at, &calls);
}
