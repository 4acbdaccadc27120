/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "painter.h"

/* Running out of storage: at every capacity, nothing changes and the need is told. */

#define ENTRIES 12

struct snapshot {
	struct cvm_range range[PAINTER_SLOTS];
	size_t count, dropped;
};

static void take(const struct cvm_map *map, struct snapshot *snapshot)
{
	memcpy(snapshot->range, map->range, map->count * sizeof(*map->range));
	snapshot->count = map->count;
	snapshot->dropped = map->dropped;
}

static void expect_unchanged(const struct cvm_map *map, const struct snapshot *snapshot)
{
	assert_int_equal(map->count, snapshot->count);
	assert_int_equal(map->dropped, snapshot->dropped);
	for (size_t i = 0; i < map->count; i++)
		assert_memory_equal(&map->range[i], &snapshot->range[i], sizeof(*map->range));
}

/* As the caller would: larger storage, the same ranges. */
static void grow(struct cvm_map *map)
{
	assert_true(map->needed > map->capacity);
	map->range = realloc(map->range, map->needed * sizeof(*map->range));
	assert_non_null(map->range);
	map->capacity = map->needed;
}

static void add(struct cvm_map *map, struct painter *painter, const struct entry *entry)
{
	struct snapshot snapshot;
	int error;

	take(map, &snapshot);
	error = cvm_map_add(map, entry->start, entry->size, entry->type, entry->attr);
	painter_add(painter, entry);
	if (error) {
		assert_int_equal(error, CVM_ENOSPC);
		expect_unchanged(map, &snapshot);
		grow(map);
		error = cvm_map_add(map, entry->start, entry->size, entry->type, entry->attr);
		assert_int_equal(map->count, map->capacity);
	}
	assert_int_equal(error, 0);
	painter_expect(painter, map);
}

static void set(struct cvm_map *map, struct painter *painter, const struct entry *entry)
{
	uint64_t end = entry->start + entry->size;
	struct snapshot snapshot;
	int error;

	if (end <= entry->start)
		return;
	take(map, &snapshot);
	error = cvm_map_set(map, entry->start, end, entry->type);
	painter_set(painter, entry->start, end, entry->type);
	if (error) {
		assert_int_equal(error, CVM_ENOSPC);
		expect_unchanged(map, &snapshot);
		grow(map);
		error = cvm_map_set(map, entry->start, end, entry->type);
		assert_int_equal(map->count, map->capacity);
	}
	assert_int_equal(error, 0);
	painter_expect(painter, map);
}

static void every_capacity(void **state)
{
	random_seed(7);
	for (int round = 0; round < 150; round++) {
		struct entry entries[ENTRIES];
		struct painter blank;

		painter_random(&blank, 1, 40);
		for (int i = 0; i < ENTRIES; i++)
			entries[i] = random_entry(&blank, 3, 2);
		for (size_t capacity = 0; capacity <= cvm_map_storage(ENTRIES); capacity++) {
			struct cvm_map map = map_with(capacity);
			struct painter painter = blank;

			for (int i = 0; i < ENTRIES; i++)
				if (i % 3 == 2)
					set(&map, &painter, &entries[i]);
				else
					add(&map, &painter, &entries[i]);
			free(map.range);
		}
	}
}

/* What cvm_map_storage() promises: 2n + 1 for every n, and no overflow. */
static void storage(void **state)
{
	assert_int_equal(cvm_map_storage(0), 1);
	assert_int_equal(cvm_map_storage(1), 3);
	assert_int_equal(cvm_map_storage(1000), 2001);
	assert_int_equal(cvm_map_storage(SIZE_MAX / 2), SIZE_MAX);
	assert_int_equal(cvm_map_storage(SIZE_MAX / 2 + 1), SIZE_MAX);
	assert_int_equal(cvm_map_storage(SIZE_MAX), SIZE_MAX);
}

/* The worst there is: islands of reserved memory, and one weak entry over all. */
static void many_gaps_at_once(void **state)
{
	const size_t islands = 20000;
	struct cvm_map map = map_with(2 * islands);

	for (size_t i = islands; i-- > 0;)
		assert_int_equal(
			cvm_map_add(&map, 0x2000 * i + 0x1000, 0x1000, CVM_MEM_RESERVED, 0), 0);
	assert_int_equal(map.count, islands);
	assert_int_equal(cvm_map_add(&map, 0, 0x2000 * islands + 1, CVM_MEM_RAM, 0), CVM_ENOSPC);
	assert_int_equal(map.needed, 2 * islands + 1);
	assert_int_equal(map.count, islands);
	assert_int_equal(cvm_map_add(&map, 0, 0x2000 * islands, CVM_MEM_RAM, 0), 0);
	assert_int_equal(map.count, 2 * islands);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_RAM), 0x1000 * islands);
	assert_int_equal(cvm_map_add(&map, 0, 0x2000 * islands, CVM_MEM_UNUSABLE, 0), 0);
	assert_int_equal(map.count, 1);
	free(map.range);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_capacity),
		cmocka_unit_test(storage),
		cmocka_unit_test(many_gaps_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
