/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* False: TDH.MR.FINALIZE has come first. Then no page may be added that is not measured. */
static bool measure(struct emu_seam *seam, uint64_t gpa)
{
	bool open;

	emu_seam_lock(seam);
	open = !seam_is_finalized(seam);
	if (open)
		emu_mrtd_page_add(&seam->mr, gpa);
	emu_seam_unlock(seam);
	return open;
}

/*
 * TDH.MEM.PAGE.ADD (leaf 2): a page with content that the host provides, before the TD runs. RCX:
 * GPA, level 0; RDX: TDR; R8: the page; R9: the source.
 */
uint64_t emu_tdh_mem_page_add(struct emu_seam *seam, struct seam_call *call)
{
	const struct emu_backend *backend = &seam->pages->backend;
	uint8_t content[EMU_PAGE_SIZE];
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_INITIALIZED, LEVEL_4K, LEVEL_4K, &entry);

	if (status)
		return status;
	if (entry.state != SEPT_FREE || entry.shared)
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	if (!emu_pages_is_ram(seam->pages, entry.gpa, entry.gpa + EMU_PAGE_SIZE))
		status = TDX_OPERAND_INVALID | OPERAND_RCX;
	else if (call->r9 % EMU_PAGE_SIZE)
		status = TDX_OPERAND_INVALID | OPERAND_R9;
	else
		status = emu_pamt_take(seam, call->r8, LEVEL_4K, OPERAND_R8, PAMT_REG);
	if (status) {
		emu_sept_unlock(seam, &entry);
		return status;
	}

	emu_sept_begin_change(seam, &entry);
	if (!measure(seam, entry.gpa)) {
		emu_pamt_free(seam, call->r8, LEVEL_4K);
		emu_sept_end_change(seam, &entry, SEPT_FREE);
		return TDX_OP_STATE_INCORRECT;
	}
	emu_sept_set_hpa(seam, &entry, call->r8);
	backend->map_private(backend->ctx, entry.gpa, EMU_PAGE_SIZE, false);
	if (seam->config.read_host && backend->write_private) {
		seam->config.read_host(seam->config.ctx, call->r9, content, sizeof(content));
		backend->write_private(backend->ctx, entry.gpa, content, sizeof(content));
	}
	emu_count(&seam->pages->mapped, 1);
	emu_sept_end_change(seam, &entry, SEPT_MAPPED);
	return TDX_SUCCESS;
}
