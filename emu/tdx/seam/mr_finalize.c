/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MR.FINALIZE (leaf 17): the measurement ends, and the TD may run. RCX: TDR. */
uint64_t emu_tdh_mr_finalize(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status = emu_seam_td(seam, call->rcx, OPERAND_RCX, ALLOW_INITIALIZED);

	if (status)
		return status;
	if (!seam->vcpus)
		return TDX_NO_VCPUS;
	emu_mrtd_final(&seam->mr, seam->mrtd);
	__atomic_store_n(&seam->op_state, OP_RUNNABLE, __ATOMIC_RELEASE);
	return TDX_SUCCESS;
}
