/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* SNP_ACTIVATE (0x91): the guest's key is bound to an ASID. */
uint32_t emu_snp_activate(struct emu_psp *psp, const struct emu_snp_activate *buffer)
{
	uint32_t status = emu_psp_check_context(psp, buffer->context);

	if (status)
		return status;
	if (psp->state != EMU_GSTATE_LAUNCH && psp->state != EMU_GSTATE_RUNNING)
		return EMU_PSP_INVALID_GUEST_STATE;
	if (!buffer->asid || buffer->asid > EMU_PSP_ASIDS)
		return EMU_PSP_INVALID_ASID;
	if (psp->asid)
		return EMU_PSP_ACTIVE;
	if (psp->needs_flush)
		return EMU_PSP_DFFLUSH_REQUIRED;
	psp->asid = buffer->asid;
	return EMU_PSP_SUCCESS;
}
