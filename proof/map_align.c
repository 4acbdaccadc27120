/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_align() makes every bound a multiple of the granule, in a map that is sorted,
 *          without overlaps, equal neighbours merged, and has no more ranges than before; a granule
 *          has the largest type of those that grow into it, of equal ones the last, else that of
 *          the memory that covers all of it, else none
 * bound:   maps of up to 2 ranges, any types, two attributes, bounds below 64 or up to 64 below
 *          2^52, granules of 8 bytes; any granule that is not valid
 * unwind:  4
 * broken:  lib/map.c: if (range->type < held->type) => if (range->type <= held->type)
 */
#include "../lib/map.c"

#include "proof_map.h"

#define RANGES	2
#define GRANULE UINT64_C(8)

/* By the header: what [granule, granule + GRANULE) becomes. */
static enum cvm_mem_type expected(const struct cvm_range *range, size_t count, uint64_t granule,
				  uint64_t *attr)
{
	enum cvm_mem_type type = CVM_MEM_NONE;
	bool grown = false;

	*attr = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t last = range[i].end - 1;

		if (range[i].type > CVM_MEM_SOFT_RESERVED) {
			if (range[i].start / GRANULE > granule / GRANULE ||
			    last / GRANULE < granule / GRANULE || range[i].type < type)
				continue;
			grown = true;
		} else if (grown || range[i].start > granule || range[i].end < granule + GRANULE) {
			continue;
		}
		type = range[i].type;
		*attr = range[i].attr;
	}
	return type;
}

int main(void)
{
	struct cvm_range storage[RANGES], before[RANGES];
	uint64_t granule = near_address(), invalid = any64();
	uint64_t attr_expected, attr_after;
	enum cvm_mem_type type;
	struct cvm_map map;
	size_t count;
	int error;

	any_map(&map, storage, RANGES, RANGES, near_address, 1);
	count = map.count;
	for (size_t i = 0; i < RANGES; i++)
		before[i] = storage[i];

	ASSUME(!invalid || (invalid & (invalid - 1)) || invalid > CVM_PHYS_END);
	error = cvm_map_align(&map, invalid);
	PROVE(error == CVM_EINVAL && map.count == count);

	error = cvm_map_align(&map, GRANULE);
	PROVE(!error);
	PROVE(map.count <= count && map.range == storage);
	for (size_t i = 0; i < map.count; i++)
		PROVE(!(storage[i].start % GRANULE) && !(storage[i].end % GRANULE));
	PROVE(is_map(storage, map.count));

	ASSUME(granule < CVM_PHYS_END && !(granule % GRANULE));
	type = type_at(storage, map.count, granule, &attr_after);
	PROVE(type == expected(before, count, granule, &attr_expected));
	PROVE(attr_after == attr_expected);
	REACHABLE(count == RANGES && map.count == RANGES);
	REACHABLE(count == RANGES && map.count == 1);
	REACHABLE(count == RANGES && map.count == 0);
	return 0;
}
