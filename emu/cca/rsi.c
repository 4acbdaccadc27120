/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* SMC64 fast calls of the standard secure service range. */
#define RSI_FIRST 0xC4000190

/* By function, from RSI_VERSION on. */
static enum emu_action (*const calls[])(struct emu_cca *cca, unsigned vcpu, uint64_t *x) = {
	emu_rsi_version,	   emu_rsi_features,
	emu_rsi_measurement_read,  emu_rsi_measurement_extend,
	emu_rsi_attest_token_init, emu_rsi_attest_token_continue,
	emu_rsi_realm_config,	   emu_rsi_ipa_state_set,
	emu_rsi_ipa_state_get,	   emu_rsi_host_call,
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

_Static_assert(CALLS == sizeof(((struct emu_cca_stats *)0)->calls) / sizeof(uint64_t), "");

enum emu_action emu_cca_rsi(struct emu_cca *cca, unsigned vcpu, uint64_t x[EMU_CCA_SMC_REGS])
{
	uint64_t call = x[0] - RSI_FIRST;

	if (emu_stop_is_set(&cca->machine))
		return EMU_STOP;
	if (call >= CALLS) {
		x[0] = SMCCC_NOT_SUPPORTED;
		return EMU_NEXT;
	}
	emu_count(&cca->stats.calls[call], 1);
	return calls[call](cca, vcpu, x);
}
