/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MNG.INIT (leaf 21). RCX: TDR; the parameters are those of struct emu_seam_config. */
uint64_t emu_tdh_mng_init(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status = emu_seam_td(seam, call->rcx, OPERAND_RCX, 1 << OP_UNINITIALIZED);

	if (status)
		return status;
	emu_mrtd_init(&seam->mr);
	/* TD_EPOCH begins with 1. */
	__atomic_store_n(&seam->epoch, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&seam->op_state, OP_INITIALIZED, __ATOMIC_RELEASE);
	return TDX_SUCCESS;
}
