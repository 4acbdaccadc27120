/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

bool emu_tdx_is_operand(const struct emu_tdx *tdx, uint64_t gpa, uint64_t alignment)
{
	return gpa % alignment == 0 && gpa < tdx->shared_bit;
}

bool emu_tdx_operand_accepted(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa)
{
	if (emu_machine_state(&tdx->machine, gpa) == EMU_PAGE_MAPPED)
		return true;
	emu_stop_set(&tdx->machine, EMU_STOP_HOST_FAULT, vcpu, gpa, 0,
		     "a TDCALL's operand at 0x%llx, which is not accepted",
		     (unsigned long long)gpa);
	return false;
}
