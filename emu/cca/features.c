/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* RSI_FEATURES. x1: which register. None of the optional features exists: all read as 0. */
enum emu_action emu_rsi_features(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	x[0] = RSI_SUCCESS;
	x[1] = 0;
	return EMU_NEXT;
}
