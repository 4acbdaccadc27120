/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_map_read_e820() reads within the table and adds each entry once, in order, with its
 *          bounds and the type that ACPI 6.5 table 15.4 gives it
 * bound:   tables of up to 3 entries, any content and any length, also one that is no multiple of
 *          20; cvm_map_add() is replaced by one that may fail at any call
 * sources: lib/e820.c
 * unwind:  9
 * broken:  lib/e820.c: if (bytes % CVM_E820_ENTRY) => if (bytes % 4)
 */
#include <cvmem/map.h>

#include "proof.h"

#define ENTRIES 3

static uint8_t *table;
static size_t calls;
static bool failed;

static uint64_t little(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | at[bytes - 1 - i];
	return value;
}

int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr)
{
	const uint8_t *entry = table + calls++ * 20;
	uint64_t number = little(entry + 16, 4);

	PROVE(!failed && map && !attr);
	PROVE(start == little(entry, 8) && size == little(entry + 8, 8));
	PROVE((type == CVM_MEM_RAM) == (number == 1));
	PROVE((type == CVM_MEM_UNACCEPTED) == (number == 8));
	PROVE((type == CVM_MEM_ACPI) == (number == 3) && (type == CVM_MEM_NVS) == (number == 4));
	PROVE(type > CVM_MEM_NONE && type < CVM_MEM_TYPES);
	failed = any_bool();
	return failed ? CVM_ENOSPC : 0;
}

size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	PROVE(map && n <= ENTRIES);
	return n;
}

int main(void)
{
	size_t bytes = any_size();
	struct cvm_map map;
	int error;

	ASSUME(bytes <= ENTRIES * 20 + 8);
	table = malloc(bytes);
	ASSUME(table);
	error = cvm_map_read_e820(&map, table, bytes, 8);
	PROVE((error == CVM_EINVAL) == (bytes % 20 != 0));
	PROVE(error || calls == bytes / 20);
	PROVE(error != CVM_ENOSPC || failed);
	REACHABLE(!error && calls == ENTRIES);
	return 0;
}
