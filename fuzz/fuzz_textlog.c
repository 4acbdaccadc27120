/* SPDX-License-Identifier: MIT */
#include "fuzz/check.h"
#include "tools/mapfile/read.h"

/*
 * Any bytes as a log, and as whatever they look like: never a crash, and whatever
 * comes out is a normal map, with warnings in the order of their lines.
 */

static void check_map(const struct map_info *map)
{
	uint64_t end = 0, usable = 0;

	CHECK(map->source < MAP_SOURCES && map->entries);
	CHECK(map->map.count <= map->map.capacity);
	for (size_t i = 0; i < map->map.count; i++) {
		const struct cvm_range *range = &map->map.range[i];

		CHECK(range->start >= end && range->start < range->end);
		CHECK(range->end <= CVM_PHYS_END);
		CHECK(range->type > CVM_MEM_NONE && range->type < CVM_MEM_TYPES);
		if (i && range->start == end)
			CHECK(range->type != range[-1].type || range->attr != range[-1].attr);
		if (range->type == CVM_MEM_RAM || range->type == CVM_MEM_UNACCEPTED)
			usable += range->end - range->start;
		end = range->end;
	}
	CHECK(usable == map->usable);
}

static void read_as(const uint8_t *data, size_t size, enum map_format format)
{
	struct map_file file;
	bool found = maps_read_bytes("fuzz", data, size, format, 0, &file);

	CHECK(found == (file.error == NULL));
	CHECK(found == (file.maps > 0));
	for (size_t i = 0; i < file.maps; i++)
		check_map(&file.map[i]);
	for (size_t i = 1; i < file.warnings; i++)
		CHECK(file.warning[i].line >= file.warning[i - 1].line);
	if (maps_best(&file))
		CHECK(maps_best(&file)->usable > 0);
	maps_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(data, size, MAP_FORMAT_TEXT);
	read_as(data, size, MAP_FORMAT_AUTO);
	read_as(data, size, MAP_FORMAT_E820);
	read_as(data, size, MAP_FORMAT_EFI);
	return 0;
}
