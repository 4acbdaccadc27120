/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.VP.FLUSH (leaf 18): the processor gives up a vCPU that is outside. RCX: TDVPR. */
uint64_t emu_tdh_vp_flush(struct emu_seam *seam, struct seam_call *call)
{
	unsigned at = 0;

	while (at < seam->vcpus && seam->vcpu[at].tdvpr != call->rcx)
		at++;
	if (at == seam->vcpus)
		return TDX_PAGE_METADATA_INCORRECT | OPERAND_RCX;
	if (seam->vcpu[at].inside)
		return TDX_OPERAND_BUSY | OPERAND_RCX;
	if (!seam->vcpu[at].associated)
		return TDX_VCPU_NOT_ASSOCIATED;
	seam->vcpu[at].associated = false;
	return TDX_SUCCESS;
}
