/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/*
 * RSI_ATTEST_TOKEN_INIT and CONTINUE. No token is made here: the answers are those of an RMM whose
 * key is missing, and of one that was not asked to begin.
 */
enum emu_action emu_rsi_attest_token_init(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	x[0] = RSI_ERROR_UNKNOWN;
	x[1] = 0;
	return EMU_NEXT;
}

enum emu_action emu_rsi_attest_token_continue(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	x[0] = RSI_ERROR_STATE;
	x[1] = 0;
	return EMU_NEXT;
}
