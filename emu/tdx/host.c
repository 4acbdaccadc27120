/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/* The host of a TD: it adds pages when the guest accepts them, in the size that the guest asks for
 * where possible, and converts pages on request. */

/* TDH.MEM.PAGE.AUG; the region is locked and has no 2 MiB page. */
static bool augment(struct emu_tdx *tdx, uint64_t gpa, unsigned level)
{
	struct emu_region *region = emu_region(&tdx->machine.pages, gpa);
	uint8_t *page = emu_page(&tdx->machine.pages, gpa);

	if (level == LEVEL_2M && !tdx->config.host_4k_only &&
	    emu_byte(&region->size) == EMU_REGION_NONE &&
	    emu_region_is_free(&tdx->machine.pages, gpa) &&
	    !emu_attack_denies_2m(&tdx->machine, gpa)) {
		emu_byte_set(&region->leaf, EMU_PAGE_PENDING);
		emu_byte_set(&region->size, EMU_REGION_2M);
		return true;
	}

	switch (emu_byte(page)) {
	case EMU_PAGE_SHARED:
		/* The guest has not asked for the page back. */
		return false;
	case EMU_PAGE_FREE:
		emu_byte_set(page, EMU_PAGE_PENDING);
		emu_byte_set(&region->size, EMU_REGION_4K);
		return true;
	default:
		return true; /* another vCPU has added it, or is changing it */
	}
}

bool emu_tdx_host_violation(struct emu_tdx *tdx, uint64_t gpa, unsigned level)
{
	struct emu_region *region = emu_region(&tdx->machine.pages, gpa);
	bool handled = true;

	emu_region_lock(region);
	if (emu_byte(&region->size) != EMU_REGION_2M)
		handled = augment(tdx, gpa, level);
	else if (level == LEVEL_4K && emu_byte(&region->leaf) == EMU_PAGE_PENDING)
		emu_region_split(&tdx->machine.pages, gpa); /* TDH.MEM.PAGE.DEMOTE */
	emu_region_unlock(region);
	return handled;
}
