/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/tdx/seam/internal.h"

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
	emu_pamt_set(seam, call->rcx, LEVEL_4K, PAMT_NDA);
	if (type == PAMT_TDR) {
		seam->lifecycle = LIFE_NONE;
		seam->tdcx = seam->vcpus = 0;
		memset(seam->vcpu, 0, seam->config.vcpus * sizeof(*seam->vcpu));
		__atomic_store_n(&seam->op_state, OP_UNINITIALIZED, __ATOMIC_RELEASE);
	}
	call->out_rcx = type;
	return TDX_SUCCESS;
}
