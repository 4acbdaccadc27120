/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.SEPT.RD (leaf 25): an entry in RCX, its state and level in RDX. RCX: GPA, any level; RDX:
 * TDR. */
uint64_t emu_tdh_mem_sept_rd(struct emu_seam *seam, struct seam_call *call)
{
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_4K, seam->top, &entry);

	if (status)
		return status;
	emu_sept_describe(seam, call, &entry);
	emu_sept_unlock(seam, &entry);
	return TDX_SUCCESS;
}
