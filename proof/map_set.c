/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_set() leaves a map sorted, without overlaps, equal neighbours merged; exactly
 *          the bytes of the range that the map holds get the type, and all keep their attributes,
 *          so that no memory is added or lost; a map without room is unchanged, and has as many
 *          ranges as `needed` says once there is room
 * bound:   maps of up to 2 ranges, any range, type and room, two attributes, addresses below 16;
 *          up to 1 range, addresses also up to 15 below 2^52; cvm_search() is replaced by a model,
 *          whose condition is proven
 * unwind:  6
 * broken:  lib/map.c: has_right = end < right.end => has_right = end <= right.end
 */
#include "../lib/internal.h"

#include "proof_map.h"

#define cvm_search(ranges, size, count, address) model_search(ranges, count, address)
#include "../lib/map.c"

#define RANGES 2
#define MOST   (RANGES + 2)

static uint64_t high_address(void)
{
	uint64_t low = low_address();

	return any_bool() ? low : CVM_PHYS_END - low;
}

static void prove(size_t count, uint64_t (*address)(void))
{
	struct cvm_range storage[MOST], before[MOST];
	uint64_t start = address(), end = address(), byte = address();
	uint64_t attr_before, attr_after;
	enum cvm_mem_type type = any8() & 15, type_before, type_after;
	bool valid = start < end && type > CVM_MEM_NONE && type < CVM_MEM_TYPES, good;
	struct cvm_map map;
	size_t capacity;
	int error;

	any_map_of(&map, storage, count, address);
	ASSUME(map.capacity <= MOST);
	capacity = map.capacity;
	for (size_t i = 0; i < count; i++)
		before[i] = storage[i];

	error = cvm_map_set(&map, start, end, type);
	PROVE(valid ? error == 0 || error == CVM_ENOSPC : error == CVM_EINVAL);
	PROVE(map.count <= capacity && map.capacity == capacity && map.range == storage);
	PROVE(!error || map.count == count);
	good = is_map(storage, map.count);
	PROVE(good);
	type_before = type_at(before, count, byte, &attr_before);
	type_after = type_at(storage, map.count, byte, &attr_after);
	PROVE(attr_after == attr_before);
	if (error || byte < start || byte >= end || type_before == CVM_MEM_NONE)
		PROVE(type_after == type_before);
	else
		PROVE(type_after == type);
	if (count) {
		REACHABLE(!error && map.count == count + 2);
		REACHABLE(!error && map.count == 1 && type_after == type);
	}
	if (error != CVM_ENOSPC)
		return;
	PROVE(map.needed > capacity && map.needed <= count + 2);
	if (count == RANGES)
		return;
	map.capacity = map.needed;
	error = cvm_map_set(&map, start, end, type);
	PROVE(!error && map.count == map.needed);
}

int main(void)
{
	prove(0, high_address);
	prove(1, high_address);
	prove(2, low_address);
	return 0;
}
