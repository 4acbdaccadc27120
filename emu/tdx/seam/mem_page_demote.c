/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.PAGE.DEMOTE (leaf 15): a 2 MiB page becomes 512 pages of the same state, not blocked.
 * RCX: GPA, level 1; RDX: TDR; R8: a page for the table. */
uint64_t emu_tdh_mem_page_demote(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_2M, LEVEL_2M, &entry);
	struct sept_entry page = { .level = LEVEL_4K };
	uint64_t hpa;

	if (status)
		return status;
	if (!emu_sept_is_leaf(entry.state))
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_seam_check_taken(seam, call, &entry);
	if (status)
		return status;
	status = emu_pamt_take(seam, call->r8, LEVEL_4K, OPERAND_R8, PAMT_EPT);
	if (status) {
		emu_sept_unlock(seam, &entry);
		return status;
	}

	hpa = emu_sept_hpa(seam, &entry);
	/* Without BLOCKED: in the pages, and in the region's byte, which stands for the table now.
	 */
	emu_sept_write(seam, &entry,
		       entry.state == SEPT_BLOCKED	     ? SEPT_MAPPED
		       : entry.state == SEPT_PENDING_BLOCKED ? SEPT_PENDING
							     : entry.state);
	for (unsigned i = 0; i < 512; i++) {
		page.gpa = entry.gpa + i * EMU_PAGE_SIZE;
		emu_sept_set_hpa(seam, &page, hpa + i * EMU_PAGE_SIZE);
	}
	emu_region_split(seam->pages, entry.gpa);
	emu_sept_set_hpa(seam, &entry, call->r8);
	emu_sept_unlock(seam, &entry);
	return TDX_SUCCESS;
}
