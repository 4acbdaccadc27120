/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/*
 * SNP_PAGE_RECLAIM (0xc7): the entry is immutable no more, so that RMPUPDATE can write it. Firmware
 * -> Reclaim, Pre-Guest -> Guest-Invalid. A context is given back by SNP_DECOMMISSION first.
 */
uint32_t emu_snp_page_reclaim(struct emu_psp *psp, const struct emu_snp_address *buffer)
{
	bool large = buffer->spa & 1;
	uint64_t spa = buffer->spa & ~UINT64_C(1);
	struct psp_page page;

	if (!emu_psp_is_page(psp, spa, large))
		return EMU_PSP_INVALID_ADDRESS;
	page = emu_psp_read(psp, spa);
	switch (page.state) {
	case PSP_FIRMWARE:
		page.state = PSP_RECLAIM;
		break;
	case PSP_PRE_GUEST:
		page.state = PSP_INVALID;
		break;
	case PSP_PRE_FOREIGN:
		page.state = PSP_FOREIGN;
		break;
	default:
		return EMU_PSP_INVALID_PAGE_STATE;
	}
	if (page.large != large)
		return EMU_PSP_INVALID_PAGE_SIZE;
	emu_psp_write(psp, spa, large, page.state, 0);
	return EMU_PSP_SUCCESS;
}
