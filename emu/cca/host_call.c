/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "emu/cca/internal.h"

/* RsiHostCall. */
struct host_call {
	uint16_t imm;
	uint8_t reserved[6];
	uint64_t gprs[EMU_CCA_HOST_GPRS];
};

_Static_assert(sizeof(struct host_call) == 0x100, "");

/* RSI_HOST_CALL. x1: the structure, aligned to its 256 bytes, in RAM. */
enum emu_action emu_rsi_host_call(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	const struct emu_backend *backend = &cca->machine.pages.backend;
	struct host_call call;
	uint64_t ipa = x[1], status;
	enum emu_action action = emu_cca_operand(cca, vcpu, ipa, sizeof(call), &status);

	if (action != EMU_NEXT)
		return action;
	x[0] = status;
	if (status != RSI_SUCCESS)
		return EMU_NEXT;
	backend->read_private(backend->ctx, ipa, &call, sizeof(call));
	if (cca->config.host_call)
		cca->config.host_call(cca->config.host_call_ctx, vcpu, call.imm, call.gprs);
	else
		call.gprs[0] = SMCCC_NOT_SUPPORTED;
	backend->write_private(backend->ctx, ipa + offsetof(struct host_call, gprs), call.gprs,
			       sizeof(call.gprs));
	return EMU_NEXT;
}
