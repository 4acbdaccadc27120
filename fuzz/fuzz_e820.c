/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "map_check.h"

/* An input is an E820 table. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum cvm_mem_type type_of(uint32_t type)
{
	static const enum cvm_mem_type known[] = {
		[1] = CVM_MEM_RAM,	[3] = CVM_MEM_ACPI,	  [4] = CVM_MEM_NVS,
		[5] = CVM_MEM_UNUSABLE, [7] = CVM_MEM_PERSISTENT, [8] = CVM_MEM_UNACCEPTED,
		[12] = CVM_MEM_PRAM,
	};

	if (type == 0xefffffff)
		return CVM_MEM_SOFT_RESERVED;
	return type <= 12 && known[type] ? known[type] : CVM_MEM_RESERVED;
}

static void parse(const uint8_t *data, struct source *sources, size_t n)
{
	for (size_t i = 0; i < n; i++, data += 20) {
		uint32_t type;

		memcpy(&sources[i].start, data, 8);
		memcpy(&sources[i].size, data + 8, 8);
		memcpy(&type, data + 16, 4);
		sources[i].type = type_of(type);
		sources[i].attr = 0;
	}
}

/* Too little storage, and then as much as the library asks for. */
static void check_space(const struct cvm_map *map, const uint8_t *data, size_t bytes)
{
	struct cvm_map small = fuzz_map(map->count / 2), again;

	if (cvm_map_read_e820(&small, data, bytes, 8)) {
		CHECK(small.needed > small.capacity);
		again = fuzz_map(small.needed);
		CHECK(!cvm_map_read_e820(&again, data, bytes, 8));
		check_equal(map, &again);
		free(again.range);
	}
	check_form(&small);
	free(small.range);
}

static void check_round_trip(const struct cvm_map *map)
{
	struct cvm_map back = fuzz_map(map->count);
	size_t bytes = 0, needed = 0;
	uint8_t *table;

	CHECK(cvm_map_write_e820(map, NULL, 0, 8, &bytes) == (map->count ? CVM_ENOSPC : 0));
	CHECK(bytes == 20 * map->count);
	table = malloc(bytes + 1);
	CHECK(table);
	CHECK(!cvm_map_write_e820(map, table, bytes, 8, &needed));
	CHECK(needed == bytes);
	CHECK(!cvm_map_read_e820(&back, table, bytes, 8));
	check_equal(map, &back);
	free(table);
	free(back.range);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size / 20;
	struct cvm_map map = fuzz_map(cvm_map_storage(n));
	struct source *sources = malloc(n * sizeof(*sources) + 1);

	CHECK(sources);
	if (size % 20)
		CHECK(cvm_map_read_e820(&map, data, size, 8) == CVM_EINVAL && !map.count);
	parse(data, sources, n);
	CHECK(!cvm_map_read_e820(&map, data, 20 * n, 8));
	check_form(&map);
	check_sources(&map, sources, n);
	check_space(&map, data, 20 * n);
	check_round_trip(&map);
	check_operations(&map);
	free(sources);
	free(map.range);
	return 0;
}
