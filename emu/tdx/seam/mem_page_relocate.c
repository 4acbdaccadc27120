/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.PAGE.RELOCATE (leaf 5): the same content in another host page. RCX: GPA, level 0; RDX:
 * TDR; R8: the other page. Returns the old page in RCX. */
uint64_t emu_tdh_mem_page_relocate(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_4K, LEVEL_4K, &entry);

	if (status)
		return status;
	if (entry.state == SEPT_FREE)
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_seam_check_taken(seam, call, &entry);
	if (status)
		return status;
	status = emu_pamt_take(seam, call->r8, LEVEL_4K, OPERAND_R8, PAMT_REG);
	if (!status) {
		bool pending = entry.state == SEPT_PENDING || entry.state == SEPT_PENDING_BLOCKED;

		call->out_rcx = emu_sept_hpa(seam, &entry);
		emu_pamt_free(seam, call->out_rcx, LEVEL_4K);
		emu_sept_set_hpa(seam, &entry, call->r8);
		emu_sept_write(seam, &entry, pending ? SEPT_PENDING : SEPT_MAPPED);
	}
	emu_sept_unlock(seam, &entry);
	return status;
}
