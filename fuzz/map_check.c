/* SPDX-License-Identifier: MIT */
#include "map_check.h"

struct cvm_map fuzz_map(size_t capacity)
{
	struct cvm_range *storage = malloc(capacity * sizeof(*storage) + !capacity);
	struct cvm_map map;

	CHECK(storage);
	cvm_map_init(&map, storage, capacity);
	return map;
}

void check_form(const struct cvm_map *map)
{
	CHECK(map->count <= map->capacity);
	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];

		CHECK(range->start < range->end && range->end <= CVM_PHYS_END);
		CHECK(range->type > CVM_MEM_NONE && range->type < CVM_MEM_TYPES);
		if (!i)
			continue;
		CHECK(range[-1].end <= range->start);
		CHECK(range[-1].end < range->start || range[-1].type != range->type ||
		      range[-1].attr != range->attr);
	}
}

/* What the entry covers by the rules of cvm_map_add(); 0 if it is dropped. */
static uint64_t source_end(const struct source *source)
{
	unsigned __int128 end = (unsigned __int128)source->start + source->size;

	if (source->start >= CVM_PHYS_END)
		return 0;
	if (end <= CVM_PHYS_END)
		return (uint64_t)end;
	return source->type <= CVM_MEM_UNACCEPTED ? 0 : CVM_PHYS_END;
}

static bool is_source_of(const struct source *source, const struct cvm_range *range,
			 uint64_t address)
{
	return source->type == range->type && source->attr == range->attr &&
	       source->start <= address && address < source_end(source);
}

void check_sources(const struct cvm_map *map, const struct source *sources, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t at = sources[i].start, end = source_end(&sources[i]);

		while (at < end) {
			const struct cvm_range *range = cvm_map_find(map, at);

			CHECK(range && range->start <= at && at < range->end);
			CHECK(range->type >= sources[i].type);
			at = range->end;
		}
	}
	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];
		bool first = false, last = false;

		for (size_t j = 0; j < n; j++) {
			first |= is_source_of(&sources[j], range, range->start);
			last |= is_source_of(&sources[j], range, range->end - 1);
		}
		CHECK(first && last);
	}
}

void check_equal(const struct cvm_map *a, const struct cvm_map *b)
{
	CHECK(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		CHECK(a->range[i].start == b->range[i].start);
		CHECK(a->range[i].end == b->range[i].end);
		CHECK(a->range[i].type == b->range[i].type);
		CHECK(a->range[i].attr == b->range[i].attr);
	}
}

static uint64_t total(const struct cvm_map *map)
{
	uint64_t bytes = 0;

	for (int type = 0; type < CVM_MEM_TYPES; type++)
		bytes += cvm_map_bytes(map, type);
	return bytes;
}

static void check_align(struct cvm_map *map, uint64_t granule)
{
	uint64_t ram = cvm_map_bytes(map, CVM_MEM_RAM);
	uint64_t unaccepted = cvm_map_bytes(map, CVM_MEM_UNACCEPTED);
	uint64_t unusable = cvm_map_bytes(map, CVM_MEM_UNUSABLE);

	CHECK(!cvm_map_align(map, granule));
	check_form(map);
	for (size_t i = 0; i < map->count; i++)
		CHECK(map->range[i].start % granule == 0 && map->range[i].end % granule == 0);
	CHECK(cvm_map_bytes(map, CVM_MEM_RAM) <= ram);
	CHECK(cvm_map_bytes(map, CVM_MEM_UNACCEPTED) <= unaccepted);
	CHECK(cvm_map_bytes(map, CVM_MEM_UNUSABLE) >= unusable);
}

/* Set the middle of what is there: at most two more ranges, and no byte more or less. */
static void check_set(struct cvm_map *map)
{
	const struct cvm_range *some = &map->range[map->count / 2];
	uint64_t start = some->start / 2, end = some->end - (some->end - some->start) / 2;
	uint64_t bytes = total(map);
	struct cvm_map wider = fuzz_map(map->count + 2);

	for (size_t i = 0; i < map->count; i++)
		wider.range[i] = map->range[i];
	wider.count = map->count;
	CHECK(!cvm_map_set(&wider, start, end, CVM_MEM_RAM));
	check_form(&wider);
	CHECK(total(&wider) == bytes);
	for (size_t i = 0; i < wider.count; i++)
		CHECK(wider.range[i].end <= start || wider.range[i].start >= end ||
		      wider.range[i].type == CVM_MEM_RAM);
	free(wider.range);
}

void check_operations(struct cvm_map *map)
{
	if (!map->count)
		return;
	check_set(map);
	check_align(map, 1 << 12);
	check_align(map, 1 << 16);
}
