/* SPDX-License-Identifier: MIT */
#include "platform/tdx/tdcall.h"

/*
 * TDG.VP.VMCALL<MapGPA> (GHCI 1.5). The host may stop anywhere and answer RETRY with the
 * address to go on from. It decides that address, so it is checked: it must lie in the
 * rest of the range, whose end never comes from the host.
 */
static int map_gpa(const struct cvm_tdx *tdx, uint64_t start, uint64_t end, uint64_t shared_bit,
		   uint64_t *done)
{
	uint64_t pos = start;
	unsigned stuck = 0;

	*done = 0;
	if (((start | end) & 4095) || start > end || end > tdx->shared_mask)
		return CVM_EINVAL;

	while (pos < end) {
		uint64_t next;
		uint64_t status = tdvmcall(VMCALL_MAP_GPA, pos | shared_bit, end - pos, &next);

		if (status == VMCALL_SUCCESS) {
			*done = end - start;
			return 0;
		}
		if (status != VMCALL_RETRY)
			return CVM_EIO;

		next &= ~tdx->shared_mask;
		if (next < pos || next >= end || (next & 4095))
			return CVM_EIO;
		if (next == pos) {
			if (stuck++ >= tdx->map_retries)
				return CVM_EIO;
			x86_pause();
			continue;
		}
		stuck = 0;
		pos = next;
		*done = pos - start;
	}
	return 0;
}

int cvm_tdx_set_shared(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done)
{
	struct cvm_tdx *tdx = (struct cvm_tdx *)platform;

	return map_gpa(tdx, start, end, tdx->shared_mask, done);
}

int cvm_tdx_set_private(struct cvm_platform *platform, uint64_t start, uint64_t end, uint64_t *done)
{
	return map_gpa((struct cvm_tdx *)platform, start, end, 0, done);
}
