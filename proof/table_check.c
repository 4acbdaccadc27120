/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_table_check() reads nothing behind `bytes`; a table that it lets pass has the
 *          documented form, and no unit that is set holds a byte that is not memory of the map
 * bound:   tables of any content, cut short in the header, behind it and behind one byte of
 *          bitmap; units of 2 MiB, and any size that is not valid; cvm_map_has_memory() is replaced
 *          by a map in which any one byte is not memory
 * unwind:  9
 * options: --unwindset cvm_table_check.0:1,find_bit.0:1
 * broken:  lib/table.c: if (table->size > bytes - CVM_TABLE_HEADER) => if (table->size > bytes)
 */
#include "../lib/table.c"

#include "proof_table.h"

static uint64_t hole;

bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	PROVE(map && start < end && end <= CVM_PHYS_END);
	return hole < start || hole >= end;
}

static void prove(size_t bytes, uint32_t unit_size, bool valid)
{
	bool with_map = any_bool();
	struct cvm_table *table;
	struct cvm_map map;
	uint64_t bit;
	int error;

	hole = any64();
	table = malloc(bytes);
	ASSUME(table);
	table->unit_size = unit_size;
	error = cvm_table_check(table, bytes, with_map ? &map : NULL);
	if (error)
		return;
	PROVE(bytes >= 24 && valid && is_table(table, bytes - 24));
	ASSUME(valid);
	bit = (hole - table->phys_base) >> 21;
	if (hole < table->phys_base || bit >= table->size * 8)
		return;
	PROVE(!(((const uint8_t *)table->bitmap)[bit / 8] >> bit % 8 & 1) || !with_map);
	REACHABLE(with_map && table->size == 1 && bit == 6);
}

int main(void)
{
	uint32_t invalid = any32();

	prove(23, UINT32_C(1) << 21, false);
	prove(24, UINT32_C(1) << 21, true);
	prove(25, UINT32_C(1) << 21, true);
	ASSUME(invalid < 4096 || invalid > UINT32_C(1) << 30 || (invalid & (invalid - 1)));
	prove(25, invalid, false);
	return 0;
}
