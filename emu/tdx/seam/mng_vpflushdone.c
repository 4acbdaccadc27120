/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MNG.VPFLUSHDONE (leaf 19): no processor has a vCPU of the TD. RCX: TDR. */
uint64_t emu_tdh_mng_vpflushdone(struct emu_seam *seam, struct seam_call *call)
{
	if (seam->lifecycle == LIFE_NONE || call->rcx != seam->tdr)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RCX;
	if (seam->lifecycle != LIFE_HKID_ASSIGNED && seam->lifecycle != LIFE_KEYS_CONFIGURED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	for (unsigned i = 0; i < seam->vcpus; i++)
		if (seam->vcpu[i].associated)
			return TDX_FLUSHVP_NOT_DONE;
	seam_set_lifecycle(seam, LIFE_BLOCKED);
	return TDX_SUCCESS;
}
