/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.SEPT.ADD (leaf 3): a table for the entries below. RCX: GPA, the level of the entry that
 * is to hold it; RDX: TDR; R8: a page. */
uint64_t emu_tdh_mem_sept_add(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_2M, seam->top, &entry);

	if (status)
		return status;
	if (entry.state != SEPT_FREE)
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_pamt_take(seam, call->r8, LEVEL_4K, OPERAND_R8, PAMT_EPT);
	if (!status) {
		emu_sept_set_hpa(seam, &entry, call->r8);
		emu_sept_write(seam, &entry, SEPT_NL_MAPPED);
	}
	emu_sept_unlock(seam, &entry);
	return status;
}
