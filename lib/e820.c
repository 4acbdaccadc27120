/* SPDX-License-Identifier: MIT */
#include <cvmem/base.h>
#include <cvmem/map.h>

#include "le.h"
#include "map_internal.h"

/* Address range types: ACPI 6.5 table 15.4; 12 and 0xefffffff are Linux's own. */
enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_PERSISTENT = 7,
	E820_PRAM = 12,
};

#define E820_SOFT_RESERVED UINT32_C(0xefffffff)

static enum cvm_mem_type from_e820(uint32_t type, uint32_t unaccepted_type)
{
	if (unaccepted_type && type == unaccepted_type)
		return CVM_MEM_UNACCEPTED;
	switch (type) {
	case E820_RAM:
		return CVM_MEM_RAM;
	case E820_ACPI:
		return CVM_MEM_ACPI;
	case E820_NVS:
		return CVM_MEM_NVS;
	case E820_UNUSABLE:
		return CVM_MEM_UNUSABLE;
	case E820_PERSISTENT:
		return CVM_MEM_PERSISTENT;
	case E820_PRAM:
		return CVM_MEM_PRAM;
	case E820_SOFT_RESERVED:
		return CVM_MEM_SOFT_RESERVED;
	default:
		return CVM_MEM_RESERVED;
	}
}

static uint32_t to_e820(enum cvm_mem_type type, uint32_t unaccepted_type)
{
	switch (type) {
	case CVM_MEM_RAM:
		return E820_RAM;
	case CVM_MEM_UNACCEPTED:
		return unaccepted_type;
	case CVM_MEM_SOFT_RESERVED:
		return E820_SOFT_RESERVED;
	case CVM_MEM_ACPI:
		return E820_ACPI;
	case CVM_MEM_NVS:
		return E820_NVS;
	case CVM_MEM_PERSISTENT:
		return E820_PERSISTENT;
	case CVM_MEM_PRAM:
		return E820_PRAM;
	case CVM_MEM_UNUSABLE:
		return E820_UNUSABLE;
	default:
		return E820_RESERVED;
	}
}

int cvm_map_read_e820(struct cvm_map *map, const void *table, size_t bytes,
		      uint32_t unaccepted_type)
{
	const uint8_t *entry = table;

	if (bytes % CVM_E820_ENTRY)
		return CVM_EINVAL;
	for (size_t n = bytes / CVM_E820_ENTRY; n; n--, entry += CVM_E820_ENTRY) {
		int error = cvm_map_add(map, cvm_get64(entry), cvm_get64(entry + 8),
					from_e820(cvm_get32(entry + 16), unaccepted_type), 0);

		if (error) {
			map->needed = cvm_map_enough(map, n);
			return error;
		}
	}
	return 0;
}

/*
 * One entry from range i on: neighbours that E820 cannot tell apart are one. Returns
 * the index of the range after it.
 */
static size_t next_entry(const struct cvm_map *map, size_t i, uint32_t unaccepted_type,
			 uint64_t *size, uint32_t *type)
{
	uint64_t start = map->range[i].start, end = start;

	*type = to_e820(map->range[i].type, unaccepted_type);
	while (i < map->count && map->range[i].start == end &&
	       to_e820(map->range[i].type, unaccepted_type) == *type)
		end = map->range[i++].end;
	*size = end - start;
	return i;
}

int cvm_map_write_e820(const struct cvm_map *map, void *table, size_t bytes,
		       uint32_t unaccepted_type, size_t *needed)
{
	uint8_t *entry = table;
	size_t entries = 0;
	uint64_t size;
	uint32_t type;

	for (size_t i = 0; i < map->count; entries++)
		i = next_entry(map, i, unaccepted_type, &size, &type);
	*needed = entries * CVM_E820_ENTRY;
	if (*needed > bytes)
		return CVM_ENOSPC;

	for (size_t i = 0; i < map->count; entry += CVM_E820_ENTRY) {
		cvm_put64(entry, map->range[i].start);
		i = next_entry(map, i, unaccepted_type, &size, &type);
		cvm_put64(entry + 8, size);
		cvm_put32(entry + 16, type);
	}
	return 0;
}
