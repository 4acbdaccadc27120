/* SPDX-License-Identifier: MIT */
/*
 * proves:  a table that is built from a map has exactly the map's unaccepted bytes unaccepted, or
 *          accepted at once, each by one call; no other byte is either; the first error ends it
 * bound:   maps of 2 ranges, page aligned, any types, below 64 MiB; any empty table of up to
 *          8 units of 2 MiB that begins there; the call that accepts may fail each time
 * unwind:  9
 * broken:  lib/table.c: table, range->start, range->end, => table, range->start, range->end - 1,
 */
#include "../lib/table.c"

#include "proof_map.h"
#include "proof_table.h"

#define RANGES 2

static uint64_t byte;
static unsigned byte_accepted;
static bool failed;

bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	return map && start < end;
}

static int accept_now(void *ctx, uint64_t start, uint64_t end)
{
	PROVE(ctx == &failed && !failed && start < end);
	byte_accepted += byte >= start && byte < end;
	failed = any_bool();
	return failed ? CVM_EIO : 0;
}

static uint64_t any_page(void)
{
	return (uint64_t)(any32() & 0x3fff) << 12;
}

static void any_range(struct cvm_range *range)
{
	range->start = any_page();
	range->end = any_page();
	range->attr = 0;
	range->type = any8() & 15;
}

int main(void)
{
	struct cvm_range range[RANGES];
	uint64_t storage[4], attr;
	struct cvm_table *table = any_table(storage, 21);
	struct cvm_map map = { .range = range, .count = RANGES, .capacity = RANGES };
	enum cvm_mem_type type;
	bool is_set, sound;
	int error;

	storage[1] = (uint64_t)(any8() & 31) << 21;
	storage[2] = any_bool();
	storage[3] = 0;
	for (size_t i = 0; i < RANGES; i++)
		any_range(&range[i]);
	sound = is_map(range, RANGES);
	ASSUME(sound);
	byte = any32() & 0x7ffffff;
	error = cvm_table_build(table, &map, accept_now, &failed);
	PROVE(error == (failed ? CVM_EIO : 0));
	sound = is_table(table, 8);
	PROVE(sound);
	is_set = is_unaccepted(table, byte);
	type = type_at(range, RANGES, byte, &attr);
	PROVE(!(is_set && byte_accepted) && byte_accepted <= 1);
	if (type == CVM_MEM_UNACCEPTED)
		PROVE(error || is_set || byte_accepted);
	else
		PROVE(!is_set && !byte_accepted);
	REACHABLE(is_set && !error && range[0].type == range[1].type);
	REACHABLE(byte_accepted && !error && range[0].type == range[1].type);
	return 0;
}
