/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

bool emu_tdx_ve(struct emu_tdx *tdx, unsigned vcpu, const struct emu_ve *ve)
{
	if (tdx->ve[vcpu].valid)
		return false;
	tdx->ve[vcpu].valid = true;
	tdx->ve[vcpu].info = *ve;
	return true;
}

enum emu_action emu_tdx_raise(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa,
			      uint64_t qualification)
{
	const struct emu_ve ve = {
		.exit_reason = 48, /* EPT violation: Intel SDM volume 3, appendix C */
		.exit_qualification = qualification,
		.gpa = gpa,
	};

	return emu_tdx_ve(tdx, vcpu, &ve) ? EMU_VE : EMU_DF;
}

/* TDG.VP.VEINFO.GET (leaf 3): once for each #VE; until then the next #VE would be a #DF. */
enum emu_action emu_tdg_vp_veinfo_get(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	struct emu_tdx_ve *ve = &tdx->ve[vcpu];
	struct emu_ve info = { 0 };

	gpr[EMU_RAX] = ve->valid ? TDX_SUCCESS : TDX_NO_VALID_VE_INFO;
	if (ve->valid)
		info = ve->info;
	ve->valid = false;
	gpr[EMU_RCX] = info.exit_reason;
	gpr[EMU_RDX] = info.exit_qualification;
	gpr[EMU_R8] = info.gla;
	gpr[EMU_R9] = info.gpa;
	gpr[EMU_R10] = info.instruction_length | (uint64_t)info.instruction_information << 32;
	return EMU_NEXT;
}
