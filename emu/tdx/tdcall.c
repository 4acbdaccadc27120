/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/* The one leaf that has more than one version. */
#define LEAF_VM_RD 7

/* By leaf number, TDX module 1.5 ABI specification, "Guest-side interface functions". */
static enum emu_action (*const leaves[])(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr) = {
	[0] = emu_tdg_vp_vmcall,      [1] = emu_tdg_vp_info,   [2] = emu_tdg_mr_rtmr_extend,
	[3] = emu_tdg_vp_veinfo_get,  [4] = emu_tdg_mr_report, [6] = emu_tdg_mem_page_accept,
	[LEAF_VM_RD] = emu_tdg_vm_rd, [8] = emu_tdg_vm_wr,
};

#define LEAVES (sizeof(leaves) / sizeof(leaves[0]))

enum emu_action emu_tdx_tdcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpr[EMU_GPRS])
{
	uint64_t rax = gpr[EMU_RAX], leaf = TDX_LEAF(rax);
	bool valid = !TDX_LEAF_RESERVED(rax) && (!TDX_LEAF_VERSION(rax) || leaf == LEAF_VM_RD);

	if (emu_stop_is_set(&tdx->machine))
		return EMU_STOP;
	if (valid && leaf < 32)
		emu_count(&tdx->stats.calls[leaf], 1);
	if (!valid || leaf >= LEAVES || !leaves[leaf]) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RAX;
		return EMU_NEXT;
	}
	return leaves[leaf](tdx, vcpu, gpr);
}
