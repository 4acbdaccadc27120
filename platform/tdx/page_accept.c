/* SPDX-License-Identifier: MIT */
#include "platform/tdx/tdcall.h"

/* TDG.MEM.PAGE.ACCEPT: RCX is the GPA with the level in bits 2:0. */
static uint64_t accept_page(const struct cvm_tdx *tdx, uint64_t gpa, enum cvm_level level)
{
	unsigned tries = 0;

	for (;;) {
		struct tdcall_regs regs;
		uint64_t status;

		x86_clear(&regs, sizeof(regs));
		regs.rcx = gpa | level;
		status = tdcall(TDG_MEM_PAGE_ACCEPT, &regs);
		if (tdx_class(status) != TDX_CLASS_OPERAND_BUSY || tries++ >= tdx->busy_retries)
			return status;
		/* Another CPU or the host holds the secure EPT entry for a moment. */
		x86_pause();
	}
}

/*
 * Whether a rejected attempt may succeed with smaller pages, and the address up to which the level
 * is not tried again.
 */
static bool can_fall_back(uint64_t status, enum cvm_level level, uint64_t pos, uint64_t *not_before)
{
	if (level == CVM_LEVEL_4K)
		return false;
	if (tdx_class(status) == TDX_CLASS_PAGE_SIZE_MISMATCH) {
		*not_before = pos + cvm_level_bytes(level);
		return true;
	}
	/* A module that knows no 1 GiB accept finds the operand itself invalid. */
	if (level == CVM_LEVEL_1G && tdx_class(status) == TDX_CLASS_OPERAND_INVALID &&
	    (uint32_t)status == TDX_OPERAND_RCX) {
		*not_before = UINT64_MAX;
		return true;
	}
	return false;
}

int cvm_tdx_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		   struct cvm_accept_result *result)
{
	struct cvm_tdx *tdx = (struct cvm_tdx *)platform;
	/* Below this address the level is not tried. */
	uint64_t not_before[CVM_LEVELS];
	uint64_t pos = start;

	if (((start | end) & 4095) || start > end || end > tdx->shared_mask)
		return CVM_EINVAL;
	x86_clear(not_before, sizeof(not_before));

	while (pos < end) {
		enum cvm_level level = CVM_LEVEL_1G;
		uint64_t bytes, status;

		while (level > CVM_LEVEL_4K &&
		       (pos < not_before[level] || (pos & (cvm_level_bytes(level) - 1)) ||
			end - pos < cvm_level_bytes(level)))
			level--;
		bytes = cvm_level_bytes(level);

		status = accept_page(tdx, pos, level);
		if (status == TDX_CLASS_SUCCESS) {
			result->accepted[level]++;
			result->done += bytes;
			pos += bytes;
			continue;
		}
		if (can_fall_back(status, level, pos, &not_before[level])) {
			result->fallbacks[level]++;
			continue;
		}
		result->where = pos;
		result->where_bytes = bytes;
		result->status = status;
		return tdx_class(status) == TDX_CLASS_PAGE_ALREADY_ACCEPTED ? CVM_EALREADY
									    : CVM_EIO;
	}
	return 0;
}
