/* SPDX-License-Identifier: MIT */
#include "emu/cca/internal.h"

/* RsiRealmConfig; the RMM does not write the bytes between. */
#define HASH_SHA_256 0
enum { CONFIG_IPA_BITS = 0, CONFIG_HASH = 8, CONFIG_RPV = 0x200 };

/* RSI_REALM_CONFIG. x1: a page that is RAM. */
enum emu_action emu_rsi_realm_config(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	const struct emu_backend *backend = &cca->machine.pages.backend;
	uint64_t ipa = x[1], width = cca->config.ipa_bits, status;
	enum emu_action action = emu_cca_operand(cca, vcpu, ipa, EMU_PAGE_SIZE, &status);
	uint8_t hash = HASH_SHA_256;

	if (action != EMU_NEXT)
		return action;
	x[0] = status;
	if (status != RSI_SUCCESS)
		return EMU_NEXT;
	backend->write_private(backend->ctx, ipa + CONFIG_IPA_BITS, &width, sizeof(width));
	backend->write_private(backend->ctx, ipa + CONFIG_HASH, &hash, sizeof(hash));
	backend->write_private(backend->ctx, ipa + CONFIG_RPV, cca->config.rpv, EMU_CCA_RPV_SIZE);
	return EMU_NEXT;
}
