/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MNG.ADDCX (leaf 1): a page of the TD's control structure. RCX: a page; RDX: TDR. */
uint64_t emu_tdh_mng_addcx(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status;

	if (seam->lifecycle == LIFE_NONE || call->rdx != seam->tdr)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RDX;
	if (seam->lifecycle == LIFE_HKID_ASSIGNED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	if (seam->lifecycle != LIFE_KEYS_CONFIGURED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (seam->tdcx == EMU_SEAM_TDCX)
		return TDX_TDCX_NUM_INCORRECT;
	status = emu_pamt_take(seam, call->rcx, LEVEL_4K, OPERAND_RCX, PAMT_TDCX);
	if (status)
		return status;
	__atomic_store_n(&seam->tdcx, seam->tdcx + 1, __ATOMIC_RELAXED);
	return TDX_SUCCESS;
}
