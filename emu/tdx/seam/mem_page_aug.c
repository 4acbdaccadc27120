/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/*
 * TDH.MEM.PAGE.AUG (leaf 6): a page that the guest has to accept. RCX: GPA, level 0 or 1; RDX: TDR;
 * R8: the page.
 */
uint64_t emu_tdh_mem_page_aug(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_4K, LEVEL_2M, &entry);
	bool shared;

	if (status)
		return status;
	shared = entry.shared || (entry.level == LEVEL_2M && entry.state == SEPT_FREE &&
				  !emu_region_is_free(seam->pages, entry.gpa));
	if (entry.state != SEPT_FREE || shared)
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	if (!emu_pages_is_ram(seam->pages, entry.gpa, entry.gpa + sept_size(entry.level)))
		status = TDX_OPERAND_INVALID | OPERAND_RCX;
	else
		status = emu_pamt_take(seam, call->r8, entry.level, OPERAND_R8, PAMT_REG);
	if (!status) {
		emu_sept_set_hpa(seam, &entry, call->r8);
		emu_sept_write(seam, &entry, SEPT_PENDING);
	}
	emu_sept_unlock(seam, &entry);
	return status;
}
