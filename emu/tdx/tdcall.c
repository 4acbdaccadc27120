/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/* By leaf number, TDX module 1.5 ABI specification, "Guest-side interface functions". */
static enum emu_action (*const leaves[])(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr) = {
	[0] = emu_tdg_vp_vmcall,     [1] = emu_tdg_vp_info,   [2] = emu_tdg_mr_rtmr_extend,
	[3] = emu_tdg_vp_veinfo_get, [4] = emu_tdg_mr_report, [6] = emu_tdg_mem_page_accept,
	[7] = emu_tdg_vm_rd,	     [8] = emu_tdg_vm_wr,
};

#define LEAVES (sizeof(leaves) / sizeof(leaves[0]))

enum emu_action emu_tdx_tdcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpr[EMU_GPRS])
{
	/* RAX: the leaf in bits 15:0, its version in 23:16, the rest reserved. No leaf here
	 * has a second version. */
	uint64_t leaf = gpr[EMU_RAX];

	if (emu_stop_is_set(&tdx->machine))
		return EMU_STOP;
	if (leaf < 32)
		emu_count(&tdx->stats.calls[leaf], 1);
	if (leaf >= LEAVES || !leaves[leaf]) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RAX;
		return EMU_NEXT;
	}
	return leaves[leaf](tdx, vcpu, gpr);
}
