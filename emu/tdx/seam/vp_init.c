/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.VP.INIT (leaf 22). RCX: TDVPR. */
uint64_t emu_tdh_vp_init(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status = emu_seam_td(seam, seam->tdr, OPERAND_RCX, ALLOW_INITIALIZED);
	unsigned at = 0;

	if (status)
		return status;
	while (at < seam->vcpus && seam->vcpu[at].tdvpr != call->rcx)
		at++;
	if (at == seam->vcpus)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RCX;
	if (seam->vcpu[at].initialized)
		return TDX_VCPU_STATE_INCORRECT;
	seam->vcpu[at].initialized = seam->vcpu[at].associated = true;
	return TDX_SUCCESS;
}
