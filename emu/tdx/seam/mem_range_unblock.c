/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.RANGE.UNBLOCK (leaf 39). RCX: GPA, any level; RDX: TDR. */
uint64_t emu_tdh_mem_range_unblock(struct emu_seam *seam, struct seam_call *call)
{
	static const uint8_t unblocked[] = {
		[SEPT_BLOCKED] = SEPT_MAPPED,
		[SEPT_PENDING_BLOCKED] = SEPT_PENDING,
		[SEPT_NL_BLOCKED] = SEPT_NL_MAPPED,
	};
	struct sept_entry entry;
	uint64_t status = emu_sept_find(seam, call, ALLOW_BOTH, LEVEL_4K, seam->top, &entry);

	if (status)
		return status;
	if (entry.state >= sizeof(unblocked) || !unblocked[entry.state])
		return emu_sept_refuse(seam, call, &entry, TDX_EPT_ENTRY_STATE_INCORRECT);
	status = emu_seam_check_tracked(seam, &entry, OPERAND_TD_EPOCH);
	if (!status) {
		if (entry.level > LEVEL_2M)
			emu_count(&seam->cut_off, -UINT64_C(1));
		emu_sept_write(seam, &entry, unblocked[entry.state]);
	}
	emu_sept_unlock(seam, &entry);
	return status;
}
