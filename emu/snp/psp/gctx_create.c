/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* SNP_GCTX_CREATE (0x93): a page of the firmware becomes a guest context. */
uint32_t emu_snp_gctx_create(struct emu_psp *psp, const struct emu_snp_address *buffer)
{
	if (!emu_psp_is_page(psp, buffer->spa, false))
		return EMU_PSP_INVALID_ADDRESS;
	if (emu_psp_read(psp, buffer->spa).state != PSP_FIRMWARE)
		return EMU_PSP_INVALID_PAGE_STATE;
	/* One guest is all that there is room for. */
	if (psp->state != EMU_GSTATE_NONE)
		return EMU_PSP_RESOURCE_LIMIT;
	emu_psp_write(psp, buffer->spa, false, PSP_CONTEXT, 0);
	psp->context = buffer->spa;
	psp->state = EMU_GSTATE_INIT;
	psp->asid = 0;
	psp->digest = (struct emu_launch_digest){ { 0 } };
	return EMU_PSP_SUCCESS;
}
