/* SPDX-License-Identifier: MIT */
#include "reserve.h"

#include "internal.h"

/*
 * The demand is an exponentially weighted moving average, kept as the pages that are taken within
 * one horizon h. After dt in which n pages were taken it is (demand + n) * h / (h + dt): under
 * a steady rate r it settles at r * h, without use it decays, and bursts count at once however
 * short dt is.
 *
 * Pages and microseconds, so that 64 bits hold the product: 2^32 pages (16 TiB) are
 * observed at most, the horizon is at most a minute, below 2^26 us.
 */
#define MOST_PAGES (UINT64_C(1) << 36)
#define MOST_US	   (UINT64_C(1) << 32)

uint64_t reserve_now(const struct cvm_reserve *reserve)
{
	return reserve->config.now_ns ? reserve->config.now_ns(reserve->config.ctx) : 0;
}

void reserve_observe(struct cvm_reserve *reserve)
{
	uint64_t horizon = reserve->config.horizon_ns / 1000, now, ready, used, demand, us = 0;

	if (!reserve->config.now_ns ||
	    __atomic_exchange_n(&reserve->observing, 1, __ATOMIC_ACQUIRE))
		return;
	reserve->config.source->sample(reserve->config.source, &ready, &used);
	now = reserve_now(reserve);
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

uint64_t reserve_target(const struct cvm_reserve *reserve, unsigned load)
{
	const struct cvm_reserve_config *config = &reserve->config;
	uint64_t target, above;

	switch (__atomic_load_n(&config->policy, __ATOMIC_RELAXED)) {
	case CVM_RESERVE_LAZY:
		return 0;
	case CVM_RESERVE_EAGER:
		return RESERVE_EVERYTHING;
	default:
		break;
	}
	target = __atomic_load_n(&reserve->demand, __ATOMIC_RELAXED) << CVM_PAGE_SHIFT;
	target = cvm_min(cvm_max(target, config->floor), config->ceiling);
	above = target - config->floor;
	return target - above / 100 * cvm_min(load, 100) - above % 100 * cvm_min(load, 100) / 100;
}

uint64_t reserve_low(const struct cvm_reserve *reserve, uint64_t target)
{
	return cvm_max(reserve->config.floor, target / 2);
}

uint64_t reserve_lasts_ns(const struct cvm_reserve *reserve, uint64_t bytes)
{
	uint64_t horizon = reserve->config.horizon_ns / 1000;
	uint64_t demand = __atomic_load_n(&reserve->demand, __ATOMIC_RELAXED);
	uint64_t pages = cvm_min(bytes >> CVM_PAGE_SHIFT, MOST_PAGES);

	if (pages >= demand)
		return reserve->config.horizon_ns;
	return pages * horizon / demand * 1000;
}
