/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

/* PSMASH, AMD APM volume 3. */
unsigned emu_psmash(struct emu_psp *psp, uint64_t spa)
{
	unsigned status = emu_psp_fault(psp, EMU_PSMASH);
	struct psp_page page;

	if (status)
		return status;
	if (!emu_psp_is_page(psp, spa, true))
		return EMU_RMP_FAIL_INPUT;
	emu_psp_lock(psp);
	emu_psp_lock_entry(psp, spa);
	page = emu_psp_entry(psp, spa);
	if (!page.large)
		status = EMU_RMP_FAIL_INPUT;
	else if (page.busy)
		status = EMU_RMP_FAIL_INUSE;
	else if (page.state == PSP_PRE_GUEST)
		status = EMU_RMP_FAIL_PERMISSION;
	else
		emu_region_split(psp->pages, spa);
	emu_psp_unlock_entry(psp, spa);
	emu_psp_unlock(psp);
	return status;
}
