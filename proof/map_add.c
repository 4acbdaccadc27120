/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_add() leaves a map sorted, without overlaps, equal neighbours merged; each byte
 *          of the entry has the larger of its type and the one before, and no other byte changes;
 *          an entry is dropped if it is empty, or RAM behind 2^52, else cut there; a map without
 *          room is unchanged, and has as many ranges as `needed` says once there is room
 * bound:   maps of up to 2 ranges, any entry and room, all types, two attributes, addresses below
 *          16; up to 1 range, addresses also up to 15 below 2^52, sizes also the last below 2^64;
 *          cvm_search() is replaced by a model, whose condition is proven
 * unwind:  6
 * broken:  lib/map.c: cursor = range->end; => cursor = range->start;
 */
#include "../lib/internal.h"

#include "proof_map.h"

#define cvm_search(ranges, size, count, address) model_search(ranges, count, address)
#include "../lib/map.c"

#define RANGES 2
#define MOST   (2 * RANGES + 1)

static uint64_t low_size(void)
{
	return any8() & 31;
}

static uint64_t high_address(void)
{
	uint64_t low = low_address();

	return any_bool() ? low : CVM_PHYS_END - low;
}

/* Of an entry that ends near 0, near CVM_PHYS_END, or far behind it. */
static uint64_t high_size(void)
{
	uint64_t low = low_size();

	return any_bool() ? low : any_bool() ? CVM_PHYS_END - 31 + low : UINT64_MAX - low;
}

static void prove(size_t count, uint64_t (*address)(void), uint64_t (*any_size_of)(void))
{
	struct cvm_range storage[MOST], before[MOST];
	uint64_t start = address(), size = any_size_of(), byte = address(), end;
	uint64_t attr = any8() & 1, attr_before, attr_after;
	enum cvm_mem_type type = any8() & 15, type_before, type_after;
	bool valid = type > CVM_MEM_NONE && type < CVM_MEM_TYPES, dropped, good;
	struct cvm_map map;
	size_t capacity;
	int error;

	any_map_of(&map, storage, count, address);
	ASSUME(map.capacity <= MOST);
	capacity = map.capacity;
	for (size_t i = 0; i < count; i++)
		before[i] = storage[i];
	dropped = valid && (!size || start >= CVM_PHYS_END ||
			    (type <= CVM_MEM_UNACCEPTED && size > CVM_PHYS_END - start));
	end = start >= CVM_PHYS_END || size > CVM_PHYS_END - start ? CVM_PHYS_END : start + size;

	error = cvm_map_add(&map, start, size, type, attr);
	PROVE(valid ? error == 0 || error == CVM_ENOSPC : error == CVM_EINVAL);
	PROVE(map.dropped == dropped);
	PROVE(map.count <= capacity && map.capacity == capacity && map.range == storage);
	PROVE(!(error || dropped) || map.count == count);
	good = is_map(storage, map.count);
	PROVE(good);
	type_before = type_at(before, count, byte, &attr_before);
	type_after = type_at(storage, map.count, byte, &attr_after);
	if (error || dropped || byte < start || byte >= end) {
		PROVE(type_after == type_before && attr_after == attr_before);
	} else {
		PROVE(type_after == (type > type_before ? type : type_before));
		PROVE(attr_after == (type_before > type ? attr_before : attr));
	}
	REACHABLE(!error && map.count == 2 * count + 1);
	REACHABLE(!error && !dropped && map.count == 1);
	REACHABLE(valid && dropped);
	if (error != CVM_ENOSPC)
		return;
	PROVE(map.needed > capacity && map.needed <= 2 * count + 1);
	REACHABLE(map.needed == 2 * count + 1);
	if (count == RANGES)
		return;
	map.capacity = map.needed;
	error = cvm_map_add(&map, start, size, type, attr);
	PROVE(!error && map.count == map.needed);
}

int main(void)
{
	prove(0, high_address, high_size);
	prove(1, high_address, high_size);
	prove(2, low_address, low_size);
	return 0;
}
