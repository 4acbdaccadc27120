/* SPDX-License-Identifier: MIT */
#include <cvmem/error.h>
#include <cvmem/map.h>

#include "internal.h"
#include "map.h"

/* Memory that somebody will use loses a broken granule; everything else keeps it. */
static bool shrinks(enum cvm_mem_type type)
{
	return type <= CVM_MEM_SOFT_RESERVED;
}

/* False: nothing is left of the range. */
static bool round_range(struct cvm_range *range, uint64_t granule)
{
	if (shrinks(range->type)) {
		range->start = cvm_round_up(range->start, granule);
		range->end = cvm_round_down(range->end, granule);
	} else {
		range->start = cvm_round_down(range->start, granule);
		range->end = cvm_round_up(range->end, granule);
	}
	return range->start < range->end;
}

/*
 * Settle the one granule that the newest held range and its successor may both claim:
 * the larger type has it, or the later one of equal types, as in cvm_map_add().
 */
static void settle(struct cvm_aligner *aligner, struct cvm_range *range)
{
	struct cvm_range *held = &aligner->held[aligner->count - 1];

	if (held->end <= range->start)
		return;
	if (range->type < held->type) {
		range->start = held->end;
		return;
	}
	held->end = range->start;
	if (held->start == held->end)
		aligner->count--;
}

/* Take a range up. False: there is no room; take it again when there is. */
static bool take(struct cvm_aligner *aligner, struct cvm_range range)
{
	struct cvm_range *held;

	if (!round_range(&range, aligner->granule))
		return true;
	if (aligner->count)
		settle(aligner, &range);
	if (range.start == range.end)
		return true;
	held = &aligner->held[aligner->count];
	if (aligner->count && cvm_range_joins(held - 1, &range)) {
		held[-1].end = range.end;
		return true;
	}
	if (aligner->count == 2)
		return false;
	*held = range;
	aligner->count++;
	return true;
}

void cvm_aligner_init(struct cvm_aligner *aligner, const struct cvm_map *map, uint64_t granule)
{
	/* Field by field: compilers clear a structure of this size with memset(). */
	aligner->map = map;
	aligner->granule = granule;
	aligner->next = 0;
	aligner->count = 0;
}

bool cvm_aligner_next(struct cvm_aligner *aligner, struct cvm_range *range)
{
	while (aligner->next < aligner->map->count &&
	       take(aligner, aligner->map->range[aligner->next]))
		aligner->next++;
	if (!aligner->count)
		return false;
	*range = aligner->held[0];
	aligner->held[0] = aligner->held[1];
	aligner->count--;
	return true;
}

int cvm_map_align(struct cvm_map *map, uint64_t granule)
{
	struct cvm_aligner aligner;
	struct cvm_range range;
	size_t count = 0;

	if (!granule || granule & (granule - 1) || granule > CVM_PHYS_END)
		return CVM_EINVAL;
	cvm_aligner_init(&aligner, map, granule);
	while (cvm_aligner_next(&aligner, &range))
		map->range[count++] = range;
	map->count = count;
	return 0;
}
