/* SPDX-License-Identifier: MIT */
#include <cvmem/reserve.h>

#include "internal.h"

#define EVERYTHING UINT64_MAX

/*
 * The demand is an exponentially weighted moving average, kept as the pages that are allocated
 * within one horizon h. After dt in which n pages were allocated it is (demand + n) * h / (h + dt):
 * under a steady rate r it settles at r * h, without use it decays, and bursts count at once
 * however short dt is.
 *
 * Pages and microseconds, so that 64 bits hold the product: at most 2^36 pages
 * (256 TiB) count, and the horizon is at most a minute, below 2^26 us.
 */
#define MOST_PAGES (UINT64_C(1) << 36)
#define MOST_US	   (UINT64_C(1) << 32)

static bool has_clock(const struct cvm_reserve *reserve)
{
	return reserve->config.host && reserve->config.host->now_ns;
}

/* 0 without a clock. */
static uint64_t now_of(const struct cvm_reserve *reserve)
{
	const struct cvm_host *host = reserve->config.host;

	if (!has_clock(reserve))
		return 0;
	return host->now_ns(host->ctx);
}

/* Add what the workload has allocated since the last time; one CPU at a time, others skip it. */
static void observe(struct cvm_reserve *reserve)
{
	uint64_t horizon = reserve->config.horizon_ns / 1000, now, ready, used, demand, us = 0;

	if (!has_clock(reserve) || __atomic_exchange_n(&reserve->observing, 1, __ATOMIC_ACQUIRE))
		return;
	reserve->config.source->sample(reserve->config.source, &ready, &used);
	now = now_of(reserve);
	if (now > reserve->last_ns)
		us = cvm_min((now - reserve->last_ns) / 1000, MOST_US);
	demand = __atomic_load_n(&reserve->demand, __ATOMIC_RELAXED);
	if (used > reserve->last_used)
		demand += (used - reserve->last_used) >> CVM_PAGE_SHIFT;
	demand = cvm_min(demand, MOST_PAGES) * horizon / (horizon + us);
	__atomic_store_n(&reserve->demand, demand, __ATOMIC_RELAXED);
	reserve->last_used = used;
	reserve->last_ns += us * 1000;
	__atomic_store_n(&reserve->observing, 0, __ATOMIC_RELEASE);
}

/* Bytes that should be ready, under this load: 0 for lazy, EVERYTHING for eager. */
static uint64_t target_of(const struct cvm_reserve *reserve, unsigned load)
{
	const struct cvm_reserve_config *config = &reserve->config;
	uint64_t target, above;

	switch (__atomic_load_n(&config->policy, __ATOMIC_RELAXED)) {
	case CVM_RESERVE_LAZY:
		return 0;
	case CVM_RESERVE_EAGER:
		return EVERYTHING;
	default:
		break;
	}
	target = __atomic_load_n(&reserve->demand, __ATOMIC_RELAXED) << CVM_PAGE_SHIFT;
	target = cvm_min(cvm_max(target, config->floor), config->ceiling);
	above = target - config->floor;
	return target - above / 100 * cvm_min(load, 100) - above % 100 * cvm_min(load, 100) / 100;
}

/* Bytes below which the step should run again at once. */
static uint64_t low_of(const struct cvm_reserve *reserve, uint64_t target)
{
	return cvm_max(reserve->config.floor, target / 2);
}

/* How long this many bytes last at the present demand, at most the horizon. */
static uint64_t lasts_ns(const struct cvm_reserve *reserve, uint64_t bytes)
{
	uint64_t horizon = reserve->config.horizon_ns / 1000;
	uint64_t demand = __atomic_load_n(&reserve->demand, __ATOMIC_RELAXED);
	uint64_t pages = cvm_min(bytes >> CVM_PAGE_SHIFT, MOST_PAGES);

	if (pages >= demand)
		return reserve->config.horizon_ns;
	return pages * horizon / demand * 1000;
}

/* Steps: one unit at a time, for the reserve that lacks the largest part of its target. */

int cvm_reserve_init(struct cvm_reserve *reserve, const struct cvm_reserve_config *config)
{
	uint64_t ready;

	if (!config->source)
		return CVM_EINVAL;
	cvm_clear(reserve, sizeof(*reserve));
	cvm_copy(&reserve->config, config, sizeof(*config));
	if (!config->floor)
		reserve->config.floor = CVM_RESERVE_FLOOR;
	if (!config->ceiling)
		reserve->config.ceiling = cvm_max(CVM_RESERVE_CEILING, reserve->config.floor);
	if (!config->horizon_ns)
		reserve->config.horizon_ns = CVM_RESERVE_HORIZON_NS;
	if (reserve->config.floor > reserve->config.ceiling ||
	    reserve->config.horizon_ns > UINT64_C(60000000000) || reserve->config.horizon_ns < 1000)
		return CVM_EINVAL;
	config->source->sample(config->source, &ready, &reserve->last_used);
	reserve->last_ns = now_of(reserve);
	return 0;
}

void cvm_reserve_set_policy(struct cvm_reserve *reserve, enum cvm_reserve_policy policy)
{
	__atomic_store_n(&reserve->config.policy, policy, __ATOMIC_RELAXED);
}

static bool is_exhausted(const struct cvm_reserve *reserve)
{
	return __atomic_load_n(&reserve->exhausted, __ATOMIC_RELAXED);
}

/* What is ready, or will be once the calls that are under way return. */
static uint64_t ready_soon(const struct cvm_reserve *reserve, uint64_t in_flight)
{
	uint64_t ready, used;

	reserve->config.source->sample(reserve->config.source, &ready, &used);
	return ready + in_flight * reserve->config.source->unit_bytes;
}

/* How much of the target is missing, in 1/1024; 0: it is met, or no memory is left. */
static uint64_t need(const struct cvm_reserve *reserve, unsigned load, uint64_t in_flight)
{
	uint64_t target = target_of(reserve, load), ready;

	if (!target || is_exhausted(reserve))
		return 0;
	if (target == EVERYTHING)
		return 1024;
	ready = ready_soon(reserve, in_flight);
	return ready < target ? 1 + ((target - ready) >> 10) * 1023 / ((target >> 10) + 1) : 0;
}

/* The reserve that lacks most, with a call of populate() counted as under way; NULL: none lacks
 * any. */
static struct cvm_reserve *choose(struct cvm_reserve *reserves, size_t n, unsigned load)
{
	for (;;) {
		struct cvm_reserve *chosen = NULL;
		uint64_t most = 0, seen = 0;

		for (size_t i = 0; i < n; i++) {
			uint64_t in_flight =
				__atomic_load_n(&reserves[i].in_flight, __ATOMIC_ACQUIRE);
			uint64_t missing = need(&reserves[i], load, in_flight);

			if (missing <= most)
				continue;
			most = missing;
			seen = in_flight;
			chosen = &reserves[i];
		}
		if (!chosen ||
		    __atomic_compare_exchange_n(&chosen->in_flight, &seen, seen + 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return chosen;
	}
}

static void run_source(struct cvm_reserve *reserve, struct cvm_step *step)
{
	struct cvm_source *source = reserve->config.source;
	bool eager = target_of(reserve, 0) == EVERYTHING;
	uint64_t bytes = 0, began = now_of(reserve);
	int error =
		source->populate(source, eager ? CVM_CAUSE_EAGER : CVM_CAUSE_BACKGROUND, &bytes);

	__atomic_fetch_sub(&reserve->in_flight, 1, __ATOMIC_RELEASE);
	cvm_count(&reserve->stats.busy_ns, now_of(reserve) - began);
	if (error == CVM_ENOMEM) {
		__atomic_store_n(&reserve->exhausted, true, __ATOMIC_RELAXED);
	} else if (error) {
		step->failed++;
		cvm_count(&reserve->stats.failed, 1);
	} else {
		step->units++;
		step->bytes += bytes;
		cvm_count(&reserve->stats.units, 1);
		cvm_count(&reserve->stats.bytes, bytes);
	}
}

static void wake(void *ctx)
{
	struct cvm_reserve *reserve = ctx;

	cvm_count(&reserve->stats.wakes, 1);
	reserve->config.wake(reserve->config.wake_ctx);
}

/* The target is met. false: it no longer is, and this CPU is the one to notice. */
static bool fall_asleep(struct cvm_reserve *reserve, unsigned load, struct cvm_step *step)
{
	struct cvm_source *source = reserve->config.source;
	uint64_t target = target_of(reserve, load), low, ready, used;

	if (!target || is_exhausted(reserve))
		return true;
	low = low_of(reserve, target);
	if (source->set_watermark && reserve->config.wake &&
	    !source->set_watermark(source, low, wake, reserve) &&
	    !__atomic_load_n(&reserve->in_flight, __ATOMIC_ACQUIRE))
		return false;
	source->sample(source, &ready, &used);
	step->next = CVM_STEP_SLEEP;
	step->sleep_ns = cvm_min(step->sleep_ns, lasts_ns(reserve, ready > low ? ready - low : 0));
	return true;
}

static bool all_asleep(struct cvm_reserve *reserves, size_t n, unsigned load, struct cvm_step *step)
{
	step->next = CVM_STEP_DONE;
	step->sleep_ns = UINT64_MAX;
	for (size_t i = 0; i < n; i++)
		if (!fall_asleep(&reserves[i], load, step))
			return false;
	return true;
}

static bool is_spent(const struct cvm_reserve *reserve, const struct cvm_budget *budget,
		     uint64_t began, const struct cvm_step *step)
{
	if (budget->units && step->units + step->failed >= budget->units)
		return true;
	return budget->ns && has_clock(reserve) && now_of(reserve) - began >= budget->ns;
}

void cvm_reserve_step_nodes(struct cvm_reserve *reserves, size_t n, const struct cvm_budget *budget,
			    struct cvm_step *step)
{
	uint64_t began = n ? now_of(&reserves[0]) : 0;

	cvm_clear(step, sizeof(*step));
	for (size_t i = 0; i < n; i++) {
		cvm_count(&reserves[i].stats.steps, 1);
		__atomic_store_n(&reserves[i].exhausted, false, __ATOMIC_RELAXED);
		observe(&reserves[i]);
	}
	for (;;) {
		struct cvm_reserve *reserve = choose(reserves, n, budget->load);

		if (!reserve) {
			if (all_asleep(reserves, n, budget->load, step))
				return;
			continue;
		}
		if (is_spent(reserve, budget, began, step)) {
			__atomic_fetch_sub(&reserve->in_flight, 1, __ATOMIC_RELEASE);
			step->next = CVM_STEP_AGAIN;
			step->sleep_ns = 0;
			return;
		}
		run_source(reserve, step);
	}
}

void cvm_reserve_step(struct cvm_reserve *reserve, const struct cvm_budget *budget,
		      struct cvm_step *step)
{
	cvm_reserve_step_nodes(reserve, 1, budget, step);
}

_Static_assert(sizeof(struct cvm_reserve_stats) == 8 * sizeof(uint64_t),
	       "cvm_reserve_get_stats() copies words");

void cvm_reserve_get_stats(const struct cvm_reserve *reserve, struct cvm_reserve_stats *out)
{
	const uint64_t *from = (const uint64_t *)&reserve->stats;
	uint64_t *to = (uint64_t *)out;

	for (size_t i = 0; i < sizeof(*out) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	out->target = target_of(reserve, 0);
	out->demand = __atomic_load_n(&reserve->demand, __ATOMIC_RELAXED) << CVM_PAGE_SHIFT;
}
