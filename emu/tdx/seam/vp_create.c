/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.VP.CREATE (leaf 10). RCX: a page for the TDVPR; RDX: TDR. */
uint64_t emu_tdh_vp_create(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status = emu_seam_td(seam, call->rdx, OPERAND_RDX, ALLOW_INITIALIZED);

	if (status)
		return status;
	status = emu_pamt_check(seam, call->rcx, LEVEL_4K, OPERAND_RCX);
	if (status)
		return status;
	if (seam->vcpus >= seam->config.vcpus)
		return TDX_MAX_VCPUS_EXCEEDED;
	status = emu_pamt_take(seam, call->rcx, LEVEL_4K, OPERAND_RCX, PAMT_TDVPR);
	if (status)
		return status;
	seam->vcpu[seam->vcpus++].tdvpr = call->rcx;
	return TDX_SUCCESS;
}
