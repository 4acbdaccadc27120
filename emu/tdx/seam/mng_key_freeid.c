/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MNG.KEY.FREEID (leaf 20): the key is free, and the TD's pages can be reclaimed. RCX: TDR. The
 * caches need no flush here (TDH.PHYMEM.CACHE.WB). */
uint64_t emu_tdh_mng_key_freeid(struct emu_seam *seam, struct seam_call *call)
{
	if (seam->lifecycle == LIFE_NONE || call->rcx != seam->tdr)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RCX;
	if (seam->lifecycle != LIFE_BLOCKED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	seam_set_lifecycle(seam, LIFE_TEARDOWN);
	return TDX_SUCCESS;
}
