/* SPDX-License-Identifier: MIT */
#include "platform/tdx/tdcall.h"

int cvm_tdx_init(struct cvm_tdx *tdx)
{
	struct tdcall_regs regs;
	unsigned width;

	x86_clear(&regs, sizeof(regs));
	if (tdcall(TDG_VP_INFO, &regs) != TDX_CLASS_SUCCESS)
		return CVM_EIO;
	width = regs.rcx & 63;
	if (width < 41 || width > 52)
		return CVM_EINVAL;

	tdx->platform.name = "tdx";
	tdx->platform.accept = cvm_tdx_accept;
	tdx->platform.set_shared = cvm_tdx_set_shared;
	tdx->platform.set_private = cvm_tdx_set_private;
	tdx->platform.terminate = cvm_tdx_terminate;
	tdx->shared_mask = UINT64_C(1) << (width - 1);
	tdx->platform.gpa_end = tdx->shared_mask;
	tdx->gpa_width = width;
	tdx->attributes = regs.rdx;
	tdx->busy_retries = 10000;
	tdx->map_retries = 16;
	return 0;
}
