/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

/* The guest before its first step: platform, table, acceptor, allocator. */

/* In the launch content. */
#define GHCB KIB(64)

static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	struct episode *episode = ctx;

	return episode->use_ghcb && episode->ghcb.va ? &episode->ghcb : NULL;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
}

static bool start_snp(struct episode *episode)
{
	const struct cvm_snp_config config = {
		.direct_map = episode->direct_map,
		.c_bit = 51,
		.evict = roll(episode, 2) ? CVM_SNP_EVICT_NEVER : CVM_SNP_EVICT_ALWAYS,
		.ghcb_get = ghcb_get,
		.ghcb_put = ghcb_put,
		.vmgexit = hosted_vmgexit,
		.ctx = episode,
	};
	uint64_t done;

	if (cvm_snp_init(&episode->snp, &config))
		return false;
	episode->platform = &episode->snp.platform;
	/* By the MSR protocol, as there is no GHCB yet. */
	if (episode->platform->set_shared(episode->platform, GHCB, GHCB + 4096, &done) ||
	    cvm_snp_register_ghcb(&episode->snp, GHCB))
		return false;
	episode->ghcb.gpa = GHCB;
	episode->ghcb.va = (void *)(episode->shared_map + GHCB);
	return true;
}

static bool start_platform(struct episode *episode)
{
	if (episode->plan->kind == HOSTED_SNP)
		return start_snp(episode);
	episode->platform = &episode->tdx.platform;
	if (cvm_tdx_init(&episode->tdx))
		return false;
	/* Just more patient than BUSY is: giving up is to take no longer than it must. */
	episode->tdx.busy_retries = EMU_ATTACK_BUSY_ANSWERS + 100;
	return true;
}

static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	hosted_relax(NULL);
}

static const struct cvm_host host = { .relax = relax };

static bool start_acceptor(struct episode *episode)
{
	const struct cvm_acceptor_config config = {
		.table = episode->table,
		.claims = episode->claims,
		.platform = &episode->shim,
		.guard = episode->guard,
		.host = &host,
	};
	const struct cvm_table_plan plan = {
		.base = TABLE_BASE,
		.end = RAM_BYTES,
		.unit_size = (uint32_t)episode->unit,
		.bytes = CVM_TABLE_HEADER + KIB(1),
	};
	uint64_t units = (RAM_BYTES - TABLE_BASE) / episode->unit;

	if (cvm_table_init(episode->table, plan.bytes, &plan))
		return false;
	for (uint64_t unit = 0; unit < units; unit++)
		episode->table->bitmap[unit / 64] |= UINT64_C(1) << unit % 64;
	return !cvm_acceptor_init(&episode->acceptor, &config);
}

static bool start_allocator(struct episode *episode)
{
	const struct cvm_pages_config pages = {
		.acceptor = &episode->acceptor,
		.direct_map = episode->direct_map,
		.end = RAM_BYTES,
		.index = episode->index,
		.seed = episode->seed,
		.seed_bytes = CVM_PAGES_SEED,
	};
	const struct cvm_share_config share = {
		.acceptor = &episode->acceptor,
		.storage = episode->shared,
		.capacity = SHARED_RANGES,
	};

	return !cvm_pages_init(&episode->pages, &pages) &&
	       !cvm_pages_add(&episode->pages, TABLE_BASE, RAM_BYTES) &&
	       !cvm_share_init(&episode->share, &share);
}

bool guest_start(struct episode *episode)
{
	static const uint64_t units[] = { KIB(64), MIB(2), MIB(2), MIB(4) };

	episode->unit = units[roll(episode, 4)];
	episode->guard = roll(episode, 2);
	episode->use_ghcb = roll(episode, 8);
	shim_init(episode);
	return start_platform(episode) && start_acceptor(episode) && start_allocator(episode);
}
