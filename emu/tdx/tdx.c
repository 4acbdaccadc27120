/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

#include <stdlib.h>

/* x87 and SSE: TDX module 1.5 ABI specification, "Extended Features Available Mask". */
#define XFAM_FIXED1 3

static bool is_gpa_width(unsigned width)
{
	return width == 48 || width == 52 || width == 53;
}

/* Host pages: as many as the guest's RAM reaches, up to the end of a region; a table for each 2 MiB
 * and less for the levels above; control pages, and one for each vCPU. */
uint64_t emu_tdx_host_end(const struct emu_tdx *tdx)
{
	uint64_t ram = (tdx->machine.pages.end + EMU_REGION_SIZE - 1) & -EMU_REGION_SIZE;

	return ram + (ram / EMU_REGION_SIZE * 2 + 64 + tdx->config.vcpus) * EMU_PAGE_SIZE;
}

static bool attach_seam(struct emu_tdx *tdx)
{
	struct emu_seam_config config = {
		.machine = &tdx->machine,
		.gpa_width = tdx->config.gpa_width,
		.vcpus = tdx->config.vcpus,
		.host_end = emu_tdx_host_end(tdx),
		.read_host = tdx->config.read_host,
		.fault = tdx->config.seam_fault,
		.ctx = tdx->config.host_ctx,
	};

	tdx->seam = emu_seam_create(&config);
	return tdx->seam && (tdx->config.violation || emu_tdx_host_build(tdx));
}

struct emu_seam *emu_tdx_seam(struct emu_tdx *tdx)
{
	return tdx->seam;
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
	    tdx->machine.pages.end > tdx->shared_bit || !attach_seam(tdx)) {
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
	emu_seam_destroy(tdx->seam);
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
