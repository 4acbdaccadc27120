/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

#include <stdlib.h>

/* x87 and SSE: TDX module 1.5 ABI specification, "Extended Features Available Mask". */
#define XFAM_FIXED1 3

static bool is_gpa_width(unsigned width)
{
	return width == 48 || width == 52 || width == 53;
}

struct emu_tdx *emu_tdx_create(const struct emu_tdx_config *config,
			       const struct emu_backend *backend)
{
	struct emu_tdx *tdx;

	if (!config->vcpus || !is_gpa_width(config->gpa_width) ||
	    config->map_gpa_chunk % EMU_PAGE_SIZE)
		return NULL;
	tdx = calloc(1, sizeof(*tdx));
	if (!tdx)
		return NULL;

	tdx->config = *config;
	tdx->config.xfam |= XFAM_FIXED1;
	tdx->shared_bit = UINT64_C(1) << (config->gpa_width - 1);
	/* TDX module base specification: the attribute is the control's initial value. */
	tdx->td_ctls = config->attributes & ATTRIBUTE_SEPT_VE_DISABLE ? 1 : 0;
	tdx->ve = calloc(config->vcpus, sizeof(*tdx->ve));
	if (!tdx->ve ||
	    !emu_machine_init(&tdx->machine, EMU_TDX, config->ram, config->ram_count,
			      config->ram_limit, backend, &config->attack) ||
	    tdx->machine.pages.end > tdx->shared_bit) {
		emu_tdx_destroy(tdx);
		return NULL;
	}
	tdx->config.ram = tdx->machine.pages.list->ram;
	return tdx;
}

void emu_tdx_destroy(struct emu_tdx *tdx)
{
	if (!tdx)
		return;
	emu_machine_free(&tdx->machine);
	free(tdx->ve);
	free(tdx);
}

struct emu_machine *emu_tdx_machine(struct emu_tdx *tdx)
{
	return &tdx->machine;
}

void emu_tdx_stats(const struct emu_tdx *tdx, struct emu_tdx_stats *out)
{
	const struct emu_tdx_stats *stats = &tdx->stats;

	out->busy = emu_counted(&stats->busy);
	out->map_gpa_calls = emu_counted(&stats->map_gpa_calls);
	out->retries = emu_counted(&stats->retries);
	for (unsigned i = 0; i < 32; i++)
		out->calls[i] = emu_counted(&stats->calls[i]);
}
