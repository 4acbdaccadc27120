/* SPDX-License-Identifier: MIT */
#include "emu/snp/svsm/internal.h"
#include "emu/snp/svsm/svsm.h"

bool svsm_is_guest_page(const struct svsm *svsm, uint64_t gpa)
{
	const struct svsm_config *config = &svsm->config;

	/* Below base the difference wraps, and exceeds every size. */
	return gpa - config->base >= config->size && config->host.is_memory(config->host.ctx, gpa);
}
