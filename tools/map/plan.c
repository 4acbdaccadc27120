/* SPDX-License-Identifier: MIT */
#include "tools/map/plan.h"

#define PAGE	     4096
#define TABLE_HEADER 24 /* Linux's table, version 1: version, unit, base, size */

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

void plan_make(const struct cvm_map *map, struct plan *plan)
{
	enum cvm_mem_type type = CVM_MEM_RAM;
	uint64_t lowest = 0, highest = 0;

	*plan = (struct plan){ 0 };
	if (cvm_map_bytes(map, CVM_MEM_UNACCEPTED))
		type = CVM_MEM_UNACCEPTED;
	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];
		uint64_t start = round_up(range->start, PAGE);
		uint64_t end = range->end / PAGE * PAGE;
		uint64_t first = round_up(start, PLAN_UNIT), last = end / PLAN_UNIT * PLAN_UNIT;

		if (range->type != type || start >= end)
			continue;
		if (end - start < 2 * PLAN_UNIT) {
			plan->at_once += end - start;
			continue;
		}
		plan->at_once += first - start + end - last;
		plan->unaccepted += last - first;
		plan->ranges++;
		if (!highest)
			lowest = first;
		highest = last;
	}
	if (highest)
		plan->table = TABLE_HEADER + ((highest - lowest) / PLAN_UNIT + 7) / 8;
}
