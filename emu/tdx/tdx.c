/* SPDX-License-Identifier: MIT */
#include "emu/tdx/internal.h"

#include <stdlib.h>

static bool is_gpa_width(unsigned width)
{
	return width == 48 || width == 52 || width == 53;
}

struct emu_tdx *emu_tdx_create(const struct emu_tdx_config *config, const struct emu_engine *engine)
{
	struct emu_tdx *tdx;

	if (!config->vcpus || !is_gpa_width(config->gpa_width) ||
	    config->map_gpa_chunk % EMU_PAGE_SIZE)
		return NULL;
	tdx = calloc(1, sizeof(*tdx));
	if (!tdx)
		return NULL;

	tdx->config = *config;
	emu_tdx_attack(tdx, &config->attack);
	tdx->shared_bit = UINT64_C(1) << (config->gpa_width - 1);
	/* TDX module base specification: the attribute is the control's initial value. */
	tdx->td_ctls = config->attributes & ATTRIBUTE_SEPT_VE_DISABLE ? 1 : 0;
	tdx->ve = calloc(config->vcpus, sizeof(*tdx->ve));
	if (!tdx->ve || !emu_pages_init(&tdx->pages, config->ram, config->ram_count, engine)) {
		free(tdx->ve);
		free(tdx);
		return NULL;
	}
	if (tdx->pages.end > tdx->shared_bit) {
		emu_tdx_destroy(tdx);
		return NULL;
	}
	tdx->config.ram = tdx->pages.ram;
	return tdx;
}

void emu_tdx_destroy(struct emu_tdx *tdx)
{
	if (!tdx)
		return;
	emu_pages_free(&tdx->pages);
	free(tdx->ve);
	free(tdx);
}

void emu_tdx_add(struct emu_tdx *tdx, uint64_t start, uint64_t end)
{
	emu_pages_launch(&tdx->pages, start, end);
}

enum emu_sept_state emu_tdx_state(const struct emu_tdx *tdx, uint64_t gpa)
{
	if (!emu_tdx_is_ram(tdx, gpa))
		return EMU_SEPT_FREE;
	return (enum emu_sept_state)(emu_pages_get(&tdx->pages, gpa) & EMU_PAGE_STATE);
}

const char *emu_sept_state_name(enum emu_sept_state state)
{
	switch (state) {
	case EMU_SEPT_FREE:
		return "FREE";
	case EMU_SEPT_PENDING:
		return "PENDING";
	case EMU_SEPT_MAPPED:
		return "MAPPED";
	case EMU_SEPT_SHARED:
		return "SHARED";
	}
	return "?";
}

bool emu_tdx_is_ram(const struct emu_tdx *tdx, uint64_t gpa)
{
	return gpa < tdx->pages.end && emu_pages_is_ram(&tdx->pages, gpa, gpa + 1);
}

void emu_tdx_attack(struct emu_tdx *tdx, const struct emu_attack *attack)
{
	const struct emu_attack_info *info = emu_attack_info(attack->kind);

	emu_attacker_arm(&tdx->attacker, info && info->tdx_at ? attack : NULL,
			 info ? info->tdx_at : 0);
}

bool emu_tdx_strike(struct emu_tdx *tdx, enum emu_attack_kind kind, uint64_t gpa)
{
	return emu_attack_strike(&tdx->attacker, &tdx->pages, false, kind, gpa);
}

void emu_tdx_attack_report(const struct emu_tdx *tdx, struct emu_attack_report *out)
{
	emu_attacker_report(&tdx->attacker, out);
}

void emu_tdx_stats(const struct emu_tdx *tdx, struct emu_tdx_stats *out)
{
	const struct emu_tdx_stats *stats = &tdx->stats;

	out->accepted[LEVEL_4K] = emu_counted(&stats->accepted[LEVEL_4K]);
	out->accepted[LEVEL_2M] = emu_counted(&stats->accepted[LEVEL_2M]);
	out->size_mismatch = emu_counted(&stats->size_mismatch);
	out->already = emu_counted(&stats->already);
	out->busy = emu_counted(&stats->busy);
	out->map_gpa_calls = emu_counted(&stats->map_gpa_calls);
	out->retries = emu_counted(&stats->retries);
	for (unsigned i = 0; i < 32; i++)
		out->calls[i] = emu_counted(&stats->calls[i]);
}

uint64_t emu_tdx_unaccepted(const struct emu_tdx *tdx)
{
	return emu_pages_unaccepted(&tdx->pages) * EMU_PAGE_SIZE;
}

void emu_tdx_stopped(const struct emu_tdx *tdx, struct emu_stop *out)
{
	emu_stopper_get(&tdx->stopper, out);
}
