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
	seam->tdr = call->rcx;
	seam->hkid = (unsigned)call->rdx;
	emu_pamt_set(seam, call->rcx, LEVEL_4K, PAMT_TDR);
	seam->lifecycle = LIFE_HKID_ASSIGNED;
	return TDX_SUCCESS;
}
