/* SPDX-License-Identifier: MIT */
#include <cvmem/map.h>

#include "map.h"

void cvm_map_init(struct cvm_map *map, struct cvm_range *storage, size_t capacity)
{
	map->range = storage;
	map->count = 0;
	map->capacity = capacity;
	map->needed = 0;
	map->dropped = 0;
}

size_t cvm_map_storage(size_t n)
{
	return n > (SIZE_MAX - 1) / 2 ? SIZE_MAX : 2 * n + 1;
}

/*
 * Every bound in a map is a bound of something that was added, and an entry adds
 * two: k bounds make k - 1 ranges at most.
 */
size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	size_t bounds = 2 * (map->count + n);

	for (size_t i = 1; i < map->count; i++)
		bounds -= map->range[i - 1].end == map->range[i].start;
	return bounds ? bounds - 1 : 0;
}

size_t cvm_map_search(const struct cvm_map *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->range[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void cvm_map_move(struct cvm_map *map, size_t from, size_t to)
{
	size_t n = map->count - from;

	if (to < from) {
		for (size_t i = 0; i < n; i++)
			map->range[to + i] = map->range[from + i];
	} else if (to > from) {
		for (size_t i = n; i-- > 0;)
			map->range[to + i] = map->range[from + i];
	}
	map->count = to + n;
}

const struct cvm_range *cvm_map_find(const struct cvm_map *map, uint64_t address)
{
	size_t i = cvm_map_search(map, address);

	if (i == map->count || map->range[i].start > address)
		return NULL;
	return &map->range[i];
}

uint64_t cvm_map_bytes(const struct cvm_map *map, enum cvm_mem_type type)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->count; i++)
		if (map->range[i].type == type)
			bytes += map->range[i].end - map->range[i].start;
	return bytes;
}

const char *cvm_mem_type_name(enum cvm_mem_type type)
{
	switch (type) {
	case CVM_MEM_NONE:
		return "none";
	case CVM_MEM_RAM:
		return "usable";
	case CVM_MEM_UNACCEPTED:
		return "unaccepted";
	case CVM_MEM_SOFT_RESERVED:
		return "soft reserved";
	case CVM_MEM_ACPI:
		return "ACPI data";
	case CVM_MEM_NVS:
		return "ACPI NVS";
	case CVM_MEM_PERSISTENT:
		return "persistent";
	case CVM_MEM_PRAM:
		return "persistent (type 12)";
	case CVM_MEM_RUNTIME:
		return "EFI runtime";
	case CVM_MEM_RESERVED:
		return "reserved";
	case CVM_MEM_MMIO:
		return "MMIO";
	case CVM_MEM_UNUSABLE:
		return "unusable";
	case CVM_MEM_TYPES:
		break;
	}
	return "unknown";
}

bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	while (start < end) {
		const struct cvm_range *range = cvm_map_find(map, start);

		if (!range || !cvm_range_is_memory(range))
			return false;
		start = range->end;
	}
	return true;
}
