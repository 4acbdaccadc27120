/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

/* The guest before its first step: platform, table, acceptor, allocator. */

static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	struct episode *episode = ctx;

	return episode->use_ghcb && episode->ghcb.va ? &episode->ghcb : NULL;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
}

static const struct cvm_snp_caa *caa(void *ctx)
{
	return &((struct episode *)ctx)->caa;
}

static bool start_snp(struct episode *episode)
{
	const struct cvm_snp_config config = {
		.direct_map = episode->direct_map,
		.c_bit = 51,
		.evict = roll(episode, 2) ? CVM_SNP_EVICT_NEVER : CVM_SNP_EVICT_ALWAYS,
		.ghcb_get = ghcb_get,
		.ghcb_put = ghcb_put,
		.caa = episode->plan->svsm ? caa : NULL,
		.vmgexit = hosted_vmgexit,
		.ctx = episode,
	};
	uint64_t done;

	episode->caa.gpa = CAA;
	episode->caa.va = (void *)(episode->direct_map + CAA);
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
	static const uint64_t runs[] = { 0, 1, MIB(4), MIB(16) };
	const struct cvm_acceptor_config config = {
		.table = episode->table[0],
		.claims = episode->claims[0],
		.run_bytes = runs[roll(episode, 4)],
		.platform = &episode->shim,
		.guard = episode->guard,
		.host = &host,
	};
	const struct cvm_table_plan plan = {
		.base = TABLE_BASE,
		.end = HOT_BASE,
		.unit_size = (uint32_t)episode->unit,
		.bytes = CVM_TABLE_HEADER + KIB(1),
	};
	uint64_t units = (HOT_BASE - TABLE_BASE) / episode->unit;

	episode->end = episode->known = HOT_BASE;
	if (cvm_table_init(episode->table[0], plan.bytes, &plan))
		return false;
	for (uint64_t unit = 0; unit < units; unit++)
		episode->table[0]->bitmap[unit / 64] |= UINT64_C(1) << unit % 64;
	return !cvm_acceptor_init(&episode->acceptor, &config);
}

/* One below HIGH_BASE, one above; both spans hold all, so that either may get what was the other's.
 */
static bool start_allocators(struct episode *episode)
{
	const uint64_t bound[] = { TABLE_BASE, HIGH_BASE, HOT_BASE };

	for (unsigned i = 0; i < ALLOCATORS; i++) {
		const struct cvm_pages_config config = {
			.acceptor = &episode->acceptor,
			.direct_map = episode->direct_map,
			.end = RAM_BYTES,
			.index = episode->index[i],
			.seed = episode->seed[i],
			/* All descriptors, or so few that some lie in memory that may be removed.
			 */
			.seed_bytes = roll(episode, 2) ? CVM_PAGES_SEED : KIB(512),
		};

		if (cvm_pages_init(&episode->pages[i], &config) ||
		    cvm_pages_add(&episode->pages[i], bound[i], bound[i + 1]))
			return false;
	}
	return true;
}

static bool start_conversions(struct episode *episode)
{
	const struct cvm_share_config share = {
		.acceptor = &episode->acceptor,
		.storage = episode->shared,
		.capacity = SHARED_RANGES,
	};
	const struct cvm_balloon_config balloon = {
		.pages = &episode->pages[roll(episode, ALLOCATORS)],
		.share = &episode->share,
		.storage = episode->balloon_units,
		.capacity = BALLOON_UNITS,
	};

	return !cvm_share_init(&episode->share, &share) &&
	       !cvm_balloon_init(&episode->balloon, &balloon);
}

bool guest_start(struct episode *episode)
{
	static const uint64_t units[] = { KIB(64), MIB(2), MIB(2), MIB(4) };

	episode->unit = units[roll(episode, 4)];
	episode->guard = roll(episode, 2);
	episode->use_ghcb = roll(episode, 8);
	shim_init(episode);
	return start_platform(episode) && start_acceptor(episode) && start_allocators(episode) &&
	       start_conversions(episode);
}
