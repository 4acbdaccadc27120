/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MR.EXTEND (leaf 16): measure 256 bytes of a page that was added. RCX: GPA; RDX: TDR. */
uint64_t emu_tdh_mr_extend(struct emu_seam *seam, struct seam_call *call)
{
	const struct emu_backend *backend = &seam->pages->backend;
	uint64_t gpa = call->rcx, status;
	uint8_t chunk[EMU_MRTD_CHUNK];
	struct sept_entry entry;

	status = emu_seam_td(seam, call->rdx, OPERAND_RDX, ALLOW_INITIALIZED);
	if (status)
		return status;
	if (gpa % EMU_MRTD_CHUNK || gpa >= seam->pages->end || !backend->read_private)
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	emu_region_lock(emu_region(seam->pages, gpa));
	emu_sept_walk(seam, gpa, LEVEL_4K, &entry);
	emu_region_unlock(emu_region(seam->pages, gpa));
	if (entry.busy)
		return TDX_OPERAND_BUSY | OPERAND_RCX;
	if (entry.state != SEPT_MAPPED) {
		emu_sept_describe(seam, call, &entry);
		return TDX_EPT_ENTRY_NOT_PRESENT | OPERAND_RCX;
	}
	backend->read_private(backend->ctx, gpa, chunk, sizeof(chunk));
	emu_seam_lock(seam);
	/* TDH.MR.FINALIZE may have come first. */
	if (seam_is_finalized(seam))
		status = TDX_OP_STATE_INCORRECT;
	else
		emu_mrtd_extend(&seam->mr, gpa, chunk);
	emu_seam_unlock(seam);
	return status;
}
