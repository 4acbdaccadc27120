/* SPDX-License-Identifier: MIT */
#include "platform/tdx/tdcall.h"

int cvm_tdx_init(struct cvm_tdx *tdx)
{
	struct tdcall_regs regs = { 0 };
	unsigned width;

	if (tdcall(TDG_VP_INFO, &regs) != TDX_CLASS_SUCCESS)
		return CVM_EREFUSED;
	width = regs.rcx & 63;
	if (width < 41 || width > 52)
		return CVM_EINVAL;

	*tdx = (struct cvm_tdx){
		.platform = {
			.name = "tdx",
			.accept = cvm_tdx_accept,
			.share = cvm_tdx_share,
			.unshare = cvm_tdx_unshare,
			.stop = cvm_tdx_stop,
		},
		.shared_mask = UINT64_C(1) << (width - 1),
		.gpa_width = width,
		.attributes = regs.rdx,
		.busy_retries = 10000,
		.map_retries = 16,
	};
	return 0;
}
