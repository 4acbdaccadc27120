/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"
#include "emu/tdx/vmcall.h"

static enum emu_action host_vmcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	/* R10 not 0: a vendor-specific call, whose R11 is not known here. */
	if (gpr[EMU_R10] == 0 && gpr[EMU_R11] == TDVMCALL_MAP_GPA)
		return emu_tdx_host_map_gpa(tdx, gpr);
	if (gpr[EMU_R10] == 0 && gpr[EMU_R11] == TDVMCALL_REPORT_FATAL_ERROR)
		return emu_tdx_host_fatal_error(tdx, vcpu, gpr);
	if (!tdx->config.vmcall || tdx->config.vmcall(tdx->config.vmcall_ctx, vcpu, gpr))
		gpr[EMU_R10] = TDVMCALL_SUBFUNC_UNSUPPORTED;
	return EMU_NEXT;
}

/*
 * TDG.VP.VMCALL (leaf 0). RCX: in bits 15:0 the registers that the host reads and may change, in
 * 31:16 the same for XMM; RAX, RCX and RSP are not allowed.
 */
enum emu_action emu_tdg_vp_vmcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	uint64_t mask = gpr[EMU_RCX], seen[EMU_GPRS] = { 0 };
	enum emu_action action;

	if (mask >> 32 || mask & (1u << EMU_RAX | 1u << EMU_RCX | 1u << EMU_RSP)) {
		gpr[EMU_RAX] = TDX_OPERAND_INVALID | OPERAND_RCX;
		return EMU_NEXT;
	}
	for (unsigned i = 0; i < EMU_GPRS; i++)
		if (mask >> i & 1)
			seen[i] = gpr[i];
	action = host_vmcall(tdx, vcpu, seen);
	if (action != EMU_NEXT)
		return action;

	for (unsigned i = 0; i < EMU_GPRS; i++)
		if (mask >> i & 1)
			gpr[i] = seen[i];
	gpr[EMU_RAX] = TDX_SUCCESS;
	return EMU_NEXT;
}
