/* SPDX-License-Identifier: MIT */
#ifndef PROOF_MAP_H
#define PROOF_MAP_H

#include <cvmem/map.h>

#include "proof.h"

/* The form of a map: sorted, nothing empty, no overlap, equal neighbours are one range. */
static inline bool is_map(const struct cvm_range *range, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (range[i].start >= range[i].end || range[i].end > CVM_PHYS_END ||
		    range[i].type <= CVM_MEM_NONE || range[i].type >= CVM_MEM_TYPES)
			return false;
		if (!i)
			continue;
		if (range[i - 1].end > range[i].start)
			return false;
		if (range[i - 1].end == range[i].start && range[i - 1].type == range[i].type &&
		    range[i - 1].attr == range[i].attr)
			return false;
	}
	return true;
}

/*
 * An address that is 0 to 63, or up to 63 below CVM_PHYS_END. Code that only compares and copies
 * addresses does the same for all others, and the formula is much smaller.
 */
static inline uint64_t near_address(void)
{
	uint64_t low = any8() & 63;

	return any_bool() ? low : CVM_PHYS_END - low;
}

/*
 * Bounds of up to three ranges, a byte, and what lies next to them: 16 addresses have every order
 * of these, for code that only compares and copies addresses. The formula is much smaller.
 */
static inline uint64_t low_address(void)
{
	return any8() & 15;
}

/* cvm_search(), which the harness `round` proves, one range after the other: its binary search by
 * bytes of any structure makes the formula many times as large. */
static inline size_t model_search(const struct cvm_range *range, size_t count, uint64_t address)
{
	size_t found = count;

	for (size_t i = 1; i < count; i++)
		PROVE(range[i - 1].end <= range[i].start);
	for (size_t i = count; i-- > 0;)
		if (range[i].end > address)
			found = i;
	return found;
}

/* Any map of `count` ranges, a constant, with these addresses and one of two attributes. */
static inline void any_map_of(struct cvm_map *map, struct cvm_range *storage, size_t count,
			      uint64_t (*address)(void))
{
	bool sound;

	map->range = storage;
	map->count = count;
	map->needed = map->dropped = 0;
	map->capacity = any8();
	ASSUME(map->capacity >= count);
	for (size_t i = 0; i < count; i++) {
		storage[i].start = address();
		storage[i].end = address();
		storage[i].attr = any8() & 1;
		storage[i].type = any8() & 15;
	}
	sound = is_map(storage, count);
	ASSUME(sound);
}

/* Any map of up to `most` ranges, in storage for `capacity`, with these addresses and attributes.
 */
static inline void any_map(struct cvm_map *map, struct cvm_range *storage, size_t most,
			   size_t capacity, uint64_t (*address)(void), uint64_t attrs)
{
	map->range = storage;
	map->capacity = capacity;
	map->needed = map->dropped = 0;
	map->count = any_size();
	ASSUME(map->count <= most && map->count <= capacity);
	for (size_t i = 0; i < map->count; i++) {
		storage[i].start = address();
		storage[i].end = address();
		storage[i].attr = any64() & attrs;
		storage[i].type = any32();
	}
	ASSUME(is_map(storage, map->count));
}

/* What one byte of memory is: CVM_MEM_NONE and 0 where the map has nothing. */
static inline enum cvm_mem_type type_at(const struct cvm_range *range, size_t count,
					uint64_t address, uint64_t *attr)
{
	*attr = 0;
	for (size_t i = 0; i < count; i++) {
		if (address >= range[i].start && address < range[i].end) {
			*attr = range[i].attr;
			return range[i].type;
		}
	}
	return CVM_MEM_NONE;
}

#endif
