/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "emu/cca/internal.h"

#define IPA_BITS_MIN 33
#define IPA_BITS_MAX 52

struct emu_cca *emu_cca_create(const struct emu_cca_config *config,
			       const struct emu_backend *backend)
{
	struct emu_attack none = { .kind = EMU_ATTACK_NONE };
	struct emu_cca *cca;

	if (!config->vcpus || config->ipa_bits < IPA_BITS_MIN || config->ipa_bits > IPA_BITS_MAX)
		return NULL;
	cca = calloc(1, sizeof(*cca));
	if (!cca)
		return NULL;
	cca->config = *config;
	cca->shared_bit = UINT64_C(1) << (config->ipa_bits - 1);
	if (config->make_token)
		cca->token = calloc(config->vcpus, sizeof(*cca->token));
	if ((config->make_token && !cca->token) ||
	    !emu_machine_init(&cca->machine, EMU_CCA, config->ram, config->ram_count, 0, backend,
			      &none) ||
	    cca->machine.pages.end > cca->shared_bit) {
		emu_cca_destroy(cca);
		return NULL;
	}
	cca->config.ram = cca->machine.pages.list->ram;
	emu_cca_attack_arm(cca);
	return cca;
}

void emu_cca_destroy(struct emu_cca *cca)
{
	if (!cca)
		return;
	emu_machine_free(&cca->machine);
	free(cca->token);
	free(cca);
}

struct emu_machine *emu_cca_machine(struct emu_cca *cca)
{
	return &cca->machine;
}

uint64_t emu_cca_shared_bit(const struct emu_cca *cca)
{
	return cca->shared_bit;
}

void emu_cca_stats(const struct emu_cca *cca, struct emu_cca_stats *out)
{
	const struct emu_cca_stats *stats = &cca->stats;

	for (unsigned i = 0; i < sizeof(out->calls) / sizeof(out->calls[0]); i++)
		out->calls[i] = emu_counted(&stats->calls[i]);
	out->partial = emu_counted(&stats->partial);
	out->rejected = emu_counted(&stats->rejected);
	out->destroyed = emu_counted(&stats->destroyed);
	out->populated = emu_counted(&stats->populated);
}
