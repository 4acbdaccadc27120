/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDX module 1.5 ABI specification, "Host-side (SEAMCALL) interface functions". */
static uint64_t (*const leaves[EMU_SEAM_LEAVES])(struct emu_seam *seam, struct seam_call *call) = {
	[EMU_TDH_MNG_ADDCX] = emu_tdh_mng_addcx,
	[EMU_TDH_MEM_PAGE_ADD] = emu_tdh_mem_page_add,
	[EMU_TDH_MEM_SEPT_ADD] = emu_tdh_mem_sept_add,
	[EMU_TDH_MEM_PAGE_RELOCATE] = emu_tdh_mem_page_relocate,
	[EMU_TDH_MEM_PAGE_AUG] = emu_tdh_mem_page_aug,
	[EMU_TDH_MEM_RANGE_BLOCK] = emu_tdh_mem_range_block,
	[EMU_TDH_MNG_KEY_CONFIG] = emu_tdh_mng_key_config,
	[EMU_TDH_MNG_CREATE] = emu_tdh_mng_create,
	[EMU_TDH_VP_CREATE] = emu_tdh_vp_create,
	[EMU_TDH_MEM_PAGE_DEMOTE] = emu_tdh_mem_page_demote,
	[EMU_TDH_MR_EXTEND] = emu_tdh_mr_extend,
	[EMU_TDH_MR_FINALIZE] = emu_tdh_mr_finalize,
	[EMU_TDH_VP_FLUSH] = emu_tdh_vp_flush,
	[EMU_TDH_MNG_VPFLUSHDONE] = emu_tdh_mng_vpflushdone,
	[EMU_TDH_MNG_KEY_FREEID] = emu_tdh_mng_key_freeid,
	[EMU_TDH_MNG_INIT] = emu_tdh_mng_init,
	[EMU_TDH_VP_INIT] = emu_tdh_vp_init,
	[EMU_TDH_MEM_PAGE_PROMOTE] = emu_tdh_mem_page_promote,
	[EMU_TDH_MEM_SEPT_RD] = emu_tdh_mem_sept_rd,
	[EMU_TDH_PHYMEM_PAGE_RECLAIM] = emu_tdh_phymem_page_reclaim,
	[EMU_TDH_MEM_PAGE_REMOVE] = emu_tdh_mem_page_remove,
	[EMU_TDH_MEM_SEPT_REMOVE] = emu_tdh_mem_sept_remove,
	[EMU_TDH_MEM_TRACK] = emu_tdh_mem_track,
	[EMU_TDH_MEM_RANGE_UNBLOCK] = emu_tdh_mem_range_unblock,
};

/* They concern the TD as a whole, and are made one at a time: the module locks the TDR or the
 * TDCS. */
static bool is_exclusive(uint64_t leaf)
{
	switch (leaf) {
	case EMU_TDH_MNG_ADDCX:
	case EMU_TDH_MNG_KEY_CONFIG:
	case EMU_TDH_MNG_CREATE:
	case EMU_TDH_VP_CREATE:
	case EMU_TDH_MR_FINALIZE:
	case EMU_TDH_VP_FLUSH:
	case EMU_TDH_MNG_VPFLUSHDONE:
	case EMU_TDH_MNG_KEY_FREEID:
	case EMU_TDH_MNG_INIT:
	case EMU_TDH_VP_INIT:
	case EMU_TDH_PHYMEM_PAGE_RECLAIM:
		return true;
	default:
		return false;
	}
}

static uint64_t make(struct emu_seam *seam, uint64_t leaf, struct seam_call *call)
{
	uint64_t status;

	if (!is_exclusive(leaf))
		return leaves[leaf](seam, call);
	emu_seam_lock(seam);
	status = leaves[leaf](seam, call);
	emu_seam_unlock(seam);
	return status;
}

void emu_seamcall(struct emu_seam *seam, uint64_t gpr[EMU_GPRS])
{
	struct seam_call call = {
		.rcx = gpr[EMU_RCX], .rdx = gpr[EMU_RDX], .r8 = gpr[EMU_R8], .r9 = gpr[EMU_R9]
	};
	uint64_t leaf = gpr[EMU_RAX], status = TDX_SUCCESS;

	if (leaf >= EMU_SEAM_LEAVES || !leaves[leaf]) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RAX;
		return;
	}
	emu_count(&seam->calls[leaf], 1);
	if (seam->config.fault)
		status = seam->config.fault(seam->config.ctx, (unsigned)leaf);
	if (!status)
		status = make(seam, leaf, &call);
	gpr[EMU_RAX] = status;
	gpr[EMU_RCX] = call.out_rcx;
	gpr[EMU_RDX] = call.out_rdx;
}
