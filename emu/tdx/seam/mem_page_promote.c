/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* All 512 pages are accepted, or all are pending, none is blocked, and the host pages are one of
 * 2 MiB. */
static bool is_one_page(const struct emu_seam *seam, const struct sept_entry *table,
			struct sept_entry *first)
{
	struct sept_entry page;
	uint64_t hpa;

	emu_sept_read(seam, table->gpa, LEVEL_4K, first);
	hpa = emu_sept_hpa(seam, first);
	if ((first->state != SEPT_MAPPED && first->state != SEPT_PENDING) ||
	    hpa % sept_size(LEVEL_2M))
		return false;
	for (unsigned i = 0; i < 512; i++) {
		emu_sept_read(seam, table->gpa + i * EMU_PAGE_SIZE, LEVEL_4K, &page);
		if (page.busy || page.state != first->state ||
		    emu_sept_hpa(seam, &page) != hpa + i * EMU_PAGE_SIZE)
			return false;
	}
	return true;
}

/* TDH.MEM.PAGE.PROMOTE (leaf 23): 512 pages become one, not blocked. RCX: GPA, level 1; RDX: TDR.
 * Returns the page of the table in RCX. */
uint64_t emu_tdh_mem_page_promote(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry, first;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_2M, LEVEL_2M, &entry);

	if (status)
		return status;
	if (!emu_sept_is_table(entry.state))
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_seam_check_taken(seam, call, &entry);
	if (status)
		return status;
	if (!is_one_page(seam, &entry, &first))
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_INVALID_PROMOTE);

	call->out_rcx = emu_sept_hpa(seam, &entry);
	emu_pamt_free(seam, call->out_rcx, LEVEL_4K);
	emu_sept_set_hpa(seam, &entry, emu_sept_hpa(seam, &first));
	emu_sept_write(seam, &entry, first.state);
	for (unsigned i = 0; i < 512; i++)
		emu_byte_set(emu_page(seam->pages, entry.gpa + i * EMU_PAGE_SIZE), EMU_PAGE_FREE);
	emu_sept_unlock(seam, &entry);
	return TDX_SUCCESS;
}
