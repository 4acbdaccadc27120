/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

/*
 * TDG.VP.VEINFO.GET (leaf 3). The emulator injects no #VE: an access to a page that is
 * not accepted is the engine's to report. So nothing is ever pending.
 */
enum emu_action emu_tdg_vp_veinfo_get(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	gpr[EMU_RCX] = 0;
	gpr[EMU_RDX] = 0;
	gpr[EMU_R8] = 0;
	gpr[EMU_R9] = 0;
	gpr[EMU_R10] = 0;
	gpr[EMU_RAX] = TDX_NO_VALID_VE_INFO;
	return EMU_NEXT;
}
