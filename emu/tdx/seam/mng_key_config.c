/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MNG.KEY.CONFIG (leaf 8). RCX: TDR. */
uint64_t emu_tdh_mng_key_config(struct emu_seam *seam, struct seam_call *call)
{
	if (seam->lifecycle == LIFE_NONE || call->rcx != seam->tdr)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RCX;
	if (seam->lifecycle != LIFE_HKID_ASSIGNED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	seam_set_lifecycle(seam, LIFE_KEYS_CONFIGURED);
	return TDX_SUCCESS;
}
