/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.PAGE.REMOVE (leaf 29): the host takes a page; its content is lost. RCX: GPA, level 0 or
 * 1; RDX: TDR. */
uint64_t emu_tdh_mem_page_remove(struct emu_seam *seam, struct seam_call *call)
{
	const struct emu_backend *backend = &seam->pages->backend;
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_4K, LEVEL_2M, &entry);
	uint64_t hpa, size;

	if (status)
		return status;
	if (!emu_sept_is_leaf(entry.state))
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_seam_check_taken(seam, call, &entry);
	if (status)
		return status;

	hpa = emu_sept_hpa(seam, &entry);
	size = sept_size(entry.level);
	emu_sept_begin_change(seam, &entry);
	if (entry.state == SEPT_MAPPED || entry.state == SEPT_BLOCKED) {
		backend->unmap_private(backend->ctx, entry.gpa, size);
		emu_count(&seam->pages->mapped, -(size / EMU_PAGE_SIZE));
	}
	emu_pamt_free(seam, hpa, entry.level);
	emu_sept_end_change(seam, &entry, SEPT_FREE);
	return TDX_SUCCESS;
}
