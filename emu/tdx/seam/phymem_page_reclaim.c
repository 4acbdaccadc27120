/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/tdx/seam/internal.h"

/* Pages that the guest has accepted are its no more. A table of 4 KiB pages has all of them. */
static void unmap_region(struct emu_pages *pages, uint64_t gpa)
{
	const struct emu_backend *backend = &pages->backend;
	struct emu_region *region = emu_region(pages, gpa);
	uint64_t end = gpa + EMU_REGION_SIZE < pages->end ? gpa + EMU_REGION_SIZE : pages->end;
	uint8_t size = emu_byte(&region->size);

	if (size == EMU_REGION_NONE)
		return;
	if (size == EMU_REGION_2M &&
	    (emu_byte(&region->leaf) & EMU_PAGE_STATE) == EMU_PAGE_MAPPED) {
		backend->unmap_private(backend->ctx, gpa, EMU_REGION_SIZE);
		emu_count(&pages->mapped, -UINT64_C(512));
	}
	for (uint64_t page = gpa; size == EMU_REGION_4K && page < end; page += EMU_PAGE_SIZE) {
		uint8_t state = emu_byte(emu_page(pages, page)) & EMU_PAGE_STATE;

		if (state == EMU_PAGE_MAPPED) {
			backend->unmap_private(backend->ctx, page, EMU_PAGE_SIZE);
			emu_count(&pages->mapped, -UINT64_C(1));
		}
		if (state != EMU_PAGE_FREE && state != EMU_PAGE_SHARED)
			emu_byte_set(emu_page(pages, page), EMU_PAGE_FREE);
	}
	emu_byte_set(&region->leaf, EMU_PAGE_FREE);
	emu_byte_set(&region->size, EMU_REGION_NONE);
}

/*
 * The secure EPT goes with the TD's pages: the next TD has no table and no page, and shares none.
 * No vCPU runs, and in LIFE_TEARDOWN no call finds an entry.
 */
static void drop_sept(struct emu_seam *seam)
{
	for (uint64_t gpa = 0; gpa < seam->pages->end; gpa += EMU_REGION_SIZE)
		unmap_region(seam->pages, gpa);
	emu_pages_unshare(seam->pages, 0, seam->pages->end, EMU_PAGE_FREE, false);
	emu_seam_drop_notes(seam);
}

/* TDH.PHYMEM.PAGE.RECLAIM (leaf 28): a page of a TD that is torn down; the TDR is the last. RCX:
 * the page. Returns its use in RCX. */
uint64_t emu_tdh_phymem_page_reclaim(struct emu_seam *seam, struct seam_call *call)
{
	uint8_t type = emu_pamt_get(seam, call->rcx);

	if (call->rcx % EMU_PAGE_SIZE || call->rcx >= seam->config.host_end)
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	if (type == PAMT_NDA)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RCX;
	if (seam->lifecycle != LIFE_TEARDOWN)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (type == PAMT_TDR && emu_counted(&seam->children))
		return TDX_TD_ASSOCIATED_PAGES_EXIST;
	emu_pamt_free(seam, call->rcx, LEVEL_4K);
	if (type == PAMT_TDR) {
		drop_sept(seam);
		seam_set_lifecycle(seam, LIFE_NONE);
		__atomic_store_n(&seam->tdcx, 0, __ATOMIC_RELAXED);
		seam->vcpus = 0;
		memset(seam->mrtd, 0, sizeof(seam->mrtd));
		memset(seam->vcpu, 0, seam->config.vcpus * sizeof(*seam->vcpu));
		__atomic_store_n(&seam->op_state, OP_UNINITIALIZED, __ATOMIC_RELEASE);
	}
	call->out_rcx = type;
	return TDX_SUCCESS;
}
