/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "tools/mapfile/read.h"

/*
 * Any bytes as a log, and as whatever they look like: never a crash, and whatever
 * comes out is a normal map, with warnings in the order of their lines.
 */

static void check(int condition)
{
	if (!condition)
		abort();
}

static void check_map(const struct map_info *map)
{
	uint64_t end = 0, usable = 0;

	check(map->source < MAP_SOURCES && map->entries);
	check(map->map.count <= map->map.capacity);
	for (size_t i = 0; i < map->map.count; i++) {
		const struct cvm_range *range = &map->map.range[i];

		check(range->start >= end && range->start < range->end);
		check(range->end <= CVM_PHYS_END);
		check(range->type > CVM_MEM_NONE && range->type < CVM_MEM_TYPES);
		if (i && range->start == end)
			check(range->type != range[-1].type || range->attr != range[-1].attr);
		if (range->type == CVM_MEM_RAM || range->type == CVM_MEM_UNACCEPTED)
			usable += range->end - range->start;
		end = range->end;
	}
	check(usable == map->usable);
}

static void read_as(const uint8_t *data, size_t size, enum map_format format)
{
	struct map_file file;
	bool found = maps_read_bytes("fuzz", data, size, format, 0, &file);

	check(found == (file.error == NULL));
	check(found == (file.maps > 0));
	for (size_t i = 0; i < file.maps; i++)
		check_map(&file.map[i]);
	for (size_t i = 1; i < file.warnings; i++)
		check(file.warning[i].line >= file.warning[i - 1].line);
	if (maps_best(&file))
		check(maps_best(&file)->usable > 0);
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
