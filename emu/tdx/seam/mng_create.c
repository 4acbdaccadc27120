/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MNG.CREATE (leaf 9). RCX: a page for the TDR; RDX: the host key identifier, 15:0. */
uint64_t emu_tdh_mng_create(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status = emu_pamt_check(seam, call->rcx, LEVEL_4K, OPERAND_RCX);

	if (status)
		return status;
	if (call->rdx >= EMU_SEAM_HKIDS)
		return TDX_OPERAND_INVALID | OPERAND_RDX;
	/* The module's one TD has a key until its TDR is reclaimed. */
	if (seam->lifecycle != LIFE_NONE)
		return TDX_HKID_NOT_FREE | OPERAND_RDX;
	status = emu_pamt_take(seam, call->rcx, LEVEL_4K, OPERAND_RCX, PAMT_TDR);
	if (status)
		return status;
	__atomic_store_n(&seam->tdr, call->rcx, __ATOMIC_RELAXED);
	seam->hkid = (unsigned)call->rdx;
	seam_set_lifecycle(seam, LIFE_HKID_ASSIGNED);
	return TDX_SUCCESS;
}
