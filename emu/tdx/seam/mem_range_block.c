/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

static uint8_t blocked(uint8_t state)
{
	switch (state) {
	case SEPT_PENDING:
		return SEPT_PENDING_BLOCKED;
	case SEPT_NL_MAPPED:
		return SEPT_NL_BLOCKED;
	default:
		return SEPT_BLOCKED;
	}
}

/* TDH.MEM.RANGE.BLOCK (leaf 7): no new translations through an entry. RCX: GPA, any level; RDX:
 * TDR. */
uint64_t emu_tdh_mem_range_block(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_4K, seam->top, &entry);

	if (status)
		return status;
	switch (entry.state) {
	case SEPT_FREE:
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	case SEPT_BLOCKED:
	case SEPT_PENDING_BLOCKED:
	case SEPT_NL_BLOCKED:
		return emu_sept_refuse(seam, call, &entry, TDX_GPA_RANGE_ALREADY_BLOCKED);
	}
	emu_sept_note(seam, entry.gpa, entry.level)->epoch = emu_counted(&seam->epoch);
	if (entry.level > LEVEL_2M)
		emu_count(&seam->cut_off, 1);
	emu_sept_write(seam, &entry, blocked(entry.state));
	emu_sept_unlock(seam, &entry);
	return TDX_SUCCESS;
}
