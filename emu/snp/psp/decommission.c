/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* SNP_DECOMMISSION (0x90): the context is a page of the firmware again. The ASID can be bound again
 * after SNP_DF_FLUSH. */
uint32_t emu_snp_decommission(struct emu_psp *psp, const struct emu_snp_address *buffer)
{
	uint32_t status = emu_psp_check_context(psp, buffer->spa);

	if (status)
		return status;
	psp->needs_flush |= psp->asid != 0;
	psp->asid = 0;
	psp->state = EMU_GSTATE_NONE;
	emu_psp_write(psp, psp->context, false, PSP_FIRMWARE, 0);
	return EMU_PSP_SUCCESS;
}
