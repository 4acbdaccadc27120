/* SPDX-License-Identifier: MIT */
#include "emu/tdx/seam/internal.h"

uint64_t emu_seam_td(const struct emu_seam *seam, uint64_t tdr, unsigned operand, unsigned allowed)
{
	unsigned state = __atomic_load_n(&seam->op_state, __ATOMIC_ACQUIRE);
	enum lifecycle lifecycle = seam_lifecycle(seam);

	if (tdr % EMU_PAGE_SIZE || tdr >= seam->config.host_end)
		return TDX_OPERAND_INVALID | operand;
	if (lifecycle == LIFE_NONE || tdr != emu_counted(&seam->tdr))
		return TDX_PAGE_METADATA_INCORRECT | operand;
	if (lifecycle == LIFE_HKID_ASSIGNED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	if (lifecycle != LIFE_KEYS_CONFIGURED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (__atomic_load_n(&seam->tdcx, __ATOMIC_RELAXED) != EMU_SEAM_TDCX)
		return TDX_TDCS_NOT_ALLOCATED;
	return allowed >> state & 1 ? TDX_SUCCESS : TDX_OP_STATE_INCORRECT;
}
