/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/* TDG.VP.INFO (leaf 1). */
enum emu_action emu_tdg_vp_info(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	gpr[EMU_RCX] = tdx->config.gpa_width;
	gpr[EMU_RDX] = tdx->config.attributes;
	/* R8: vCPUs in 31:0, their maximum in 63:32. */
	gpr[EMU_R8] = tdx->config.vcpus | (uint64_t)tdx->config.vcpus << 32;
	gpr[EMU_R9] = vcpu;
	/* R10 bit 0: TDG.SYS.RD is available. */
	gpr[EMU_R10] = 0;
	gpr[EMU_R11] = 0;
	gpr[EMU_RAX] = TDX_SUCCESS;
	return EMU_NEXT;
}
