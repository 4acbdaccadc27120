/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* No entry of the table holds a page or a table. The guest's accept does not make one of a FREE
 * entry, and the host's calls end at the blocked table. */
static bool is_empty(struct emu_seam *seam, const struct sept_entry *table)
{
	uint64_t step = sept_size(table->level - 1), end = table->gpa + sept_size(table->level);
	struct sept_entry child;
	bool empty = true;

	for (uint64_t gpa = table->gpa; empty && gpa < end && gpa < seam->pages->end; gpa += step) {
		if (table->level > LEVEL_1G || table->level == LEVEL_2M) {
			emu_sept_read(seam, gpa, table->level - 1, &child);
		} else {
			/* A call may have passed the table before it was blocked. */
			emu_region_lock(emu_region(seam->pages, gpa));
			emu_sept_read(seam, gpa, LEVEL_2M, &child);
			emu_region_unlock(emu_region(seam->pages, gpa));
		}
		empty = child.state == SEPT_FREE && !child.busy;
	}
	return empty;
}

/* TDH.MEM.SEPT.REMOVE (leaf 30). RCX: GPA, the level of the entry that holds the table; RDX: TDR.
 * Returns the page of the table in RCX. */
uint64_t emu_tdh_mem_sept_remove(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_2M, seam->top, &entry);

	if (status)
		return status;
	if (!emu_sept_is_table(entry.state))
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_seam_check_taken(seam, call, &entry);
	if (status)
		return status;
	emu_sept_write(seam, &entry, SEPT_NL_BLOCKED);
	if (!is_empty(seam, &entry)) {
		emu_sept_write(seam, &entry, entry.state);
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_PAGE_NOT_FREE);
	}
	call->out_rcx = emu_sept_hpa(seam, &entry);
	emu_pamt_free(seam, call->out_rcx, LEVEL_4K);
	if (entry.level > LEVEL_2M && entry.state == SEPT_NL_BLOCKED)
		emu_count(&seam->cut_off, -UINT64_C(1));
	emu_sept_write(seam, &entry, SEPT_FREE);
	emu_sept_unlock(seam, &entry);
	return TDX_SUCCESS;
}
