/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

/* TDH.MEM.TRACK (leaf 38): a new TLB epoch. RCX: TDR. */
uint64_t emu_tdh_mem_track(struct emu_seam *seam, struct seam_call *call)
{
	uint64_t status = emu_seam_td(seam, call->rcx, OPERAND_RCX, ALLOW_BOTH);
	uint64_t epoch;

	if (status)
		return status;
	emu_seam_lock(seam);
	epoch = emu_counted(&seam->epoch);
	if (emu_counted(&seam->inside[(epoch + 1) & 1]))
		status = TDX_PREVIOUS_TLB_EPOCH_BUSY;
	else
		__atomic_store_n(&seam->epoch, epoch + 1, __ATOMIC_RELEASE);
	emu_seam_unlock(seam);
	return status;
}
