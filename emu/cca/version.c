/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* Major in bits 30:16, minor in 15:0. */
#define RSI_1_0 0x10000

/* RSI_VERSION. x1: what the Realm wants; out: the lower and the higher version that there is. */
enum emu_action emu_rsi_version(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	x[0] = x[1] == RSI_1_0 ? RSI_SUCCESS : RSI_ERROR_INPUT;
	x[1] = RSI_1_0;
	x[2] = RSI_1_0;
	return EMU_NEXT;
}
