/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_write_e820() writes `needed` bytes, and nothing without room for all; the
 *          entries are sorted, do not overlap, hold exactly the bytes of the map, each with the
 *          type that ACPI 6.5 table 15.4 has for it, and neighbours of one type are one entry
 * bound:   maps of up to 2 ranges, any bounds and types, two attributes; any room; unaccepted
 *          memory as type 8 and as type 1
 * sources: lib/e820.c
 * unwind:  9
 * options: --unwindset main.0:41
 * broken:  lib/e820.c: map->range[i].start == end && => map->range[i].start >= end &&
 */
#include <cvmem/map.h>

#include "proof_map.h"

#define RANGES 2

int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr)
{
	return map && start && size && type && attr ? CVM_ENOSPC : 0;
}

size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	return map ? n : 0;
}

static uint64_t little(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[bytes - 1 - i];
	return value;
}

/* The reader's side of the table; 0: no entry holds the byte. */
static uint64_t number_at(const uint8_t *table, size_t entries, uint64_t byte)
{
	for (size_t i = 0; i < entries; i++) {
		uint64_t start = little(table + 20 * i, 8);

		if (byte >= start && byte - start < little(table + 20 * i + 8, 8))
			return little(table + 20 * i + 16, 4);
	}
	return 0;
}

static uint64_t expected(enum cvm_mem_type type, uint32_t unaccepted_type)
{
	static const uint64_t numbers[CVM_MEM_TYPES] = {
		[CVM_MEM_RAM] = 1,	  [CVM_MEM_SOFT_RESERVED] = 0xefffffff,
		[CVM_MEM_ACPI] = 3,	  [CVM_MEM_NVS] = 4,
		[CVM_MEM_PERSISTENT] = 7, [CVM_MEM_PRAM] = 12,
		[CVM_MEM_RUNTIME] = 2,	  [CVM_MEM_RESERVED] = 2,
		[CVM_MEM_MMIO] = 2,	  [CVM_MEM_UNUSABLE] = 5,
	};

	return type == CVM_MEM_UNACCEPTED ? unaccepted_type : numbers[type];
}

int main(void)
{
	uint32_t unaccepted_type = any_bool() ? 8 : 1;
	size_t bytes = any_size(), other = any_size(), needed, entries;
	struct cvm_range range[RANGES];
	uint64_t byte = any64(), attr;
	struct cvm_map map;
	uint8_t table[RANGES * 20];
	int error;

	any_map(&map, range, RANGES, RANGES, any64, 1);
	ASSUME(bytes <= RANGES * 20);
	for (size_t i = 0; i < sizeof(table); i++)
		table[i] = 0xa5;
	error = cvm_map_write_e820(&map, table, bytes, unaccepted_type, &needed);
	PROVE(!(needed % 20) && needed <= map.count * 20 && (needed != 0) == (map.count != 0));
	PROVE(error == (needed > bytes ? CVM_ENOSPC : 0));
	if (error) {
		PROVE(other >= sizeof(table) || table[other] == 0xa5);
		return 0;
	}
	PROVE(other < needed || other >= sizeof(table) || table[other] == 0xa5);
	entries = needed / 20;
	for (size_t i = 0; i < entries; i++) {
		uint64_t start = little(table + 20 * i, 8), size = little(table + 20 * i + 8, 8);

		PROVE(size && size <= CVM_PHYS_END && start <= CVM_PHYS_END - size);
		if (i + 1 == entries)
			break;
		PROVE(start + size <= little(table + 20 * i + 20, 8));
		PROVE(start + size < little(table + 20 * i + 20, 8) ||
		      little(table + 20 * i + 16, 4) != little(table + 20 * i + 36, 4));
	}
	PROVE(number_at(table, entries, byte) ==
	      expected(type_at(range, map.count, byte, &attr), unaccepted_type));
	REACHABLE(entries == RANGES);
	REACHABLE(entries == 1 && map.count == RANGES);
	REACHABLE(needed < bytes);
	return 0;
}
