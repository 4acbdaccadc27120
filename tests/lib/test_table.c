/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/table.h>

#include "fake.h"

/*
 * Building a table. The oracle works page by page from the rule of Linux's stub: a page is
 * left to a bit if its range has two units or more, its whole unit lies in its range, and the
 * table covers the unit. Every other page is accepted at once.
 */

static const uint32_t units[] = { 4 << 10, 64 << 10, 2 << 20, 1 << 30 };

struct scene {
	struct cvm_map map;
	struct cvm_range ranges[16];
	struct fake *fake;
	struct cvm_table *table;
	size_t bytes;
};

static struct cvm_table *storage(size_t bytes)
{
	struct cvm_table *table = malloc(bytes);

	assert_non_null(table);
	memset(table, 0xa5, bytes);
	return table;
}

static bool bit(const struct cvm_table *table, uint64_t gpa)
{
	const uint8_t *bytes = (const uint8_t *)table->bitmap;
	uint64_t i = (gpa - table->phys_base) / table->unit_size;

	return bytes[i / 8] >> i % 8 & 1;
}

static void add_range(struct scene *scene, uint64_t start, uint64_t end, enum cvm_mem_type type)
{
	if (start < end)
		scene->map.range[scene->map.count++] = (struct cvm_range){ start, end, 0, type };
}

/* Is the page left to a bit when [start, end) is added? */
static bool deferred(const struct cvm_table *table, uint64_t start, uint64_t end, uint64_t gpa)
{
	uint64_t unit = table->unit_size, low = gpa / unit * unit, high = low + unit;

	return end - start >= 2 * unit && low >= start && high <= end && low >= table->phys_base &&
	       high <= table->phys_base + table->size * 8 * unit;
}

/* Each page of each unaccepted range is accepted or has its bit set; no other bit is set. */
static void check_scene(const struct scene *scene)
{
	const struct cvm_table *table = scene->table;
	uint64_t expected = 0, found = 0;

	for (size_t i = 0; i < scene->map.count; i++) {
		const struct cvm_range *range = &scene->map.range[i];

		for (uint64_t gpa = range->start; gpa < range->end; gpa += PAGE) {
			bool later = range->type == CVM_MEM_UNACCEPTED &&
				     deferred(table, range->start, range->end, gpa);

			assert_int_equal(fake_at(scene->fake, gpa),
					 later ? FAKE_UNACCEPTED : FAKE_ACCEPTED);
			if (later)
				assert_true(bit(table, gpa));
			expected += later;
		}
	}
	for (uint64_t i = 0; i < table->size * 8; i++)
		found += bit(table, table->phys_base + i * table->unit_size);
	assert_int_equal(found * (table->unit_size / PAGE), expected);
	assert_true(fake_clean(scene->fake));
}

static void scene_init(struct scene *scene, uint64_t base, uint64_t end)
{
	memset(scene, 0, sizeof(*scene));
	cvm_map_init(&scene->map, scene->ranges, 16);
	scene->fake = fake_new(base, end, false);
}

/* What the fake is told of the map: RAM is accepted, unaccepted memory is not. */
static void scene_ram(struct scene *scene)
{
	for (size_t i = 0; i < scene->map.count; i++) {
		const struct cvm_range *range = &scene->map.range[i];

		fake_set(scene->fake, range->start, range->end,
			 range->type == CVM_MEM_UNACCEPTED ? FAKE_UNACCEPTED : FAKE_ACCEPTED);
	}
}

static void scene_free(struct scene *scene)
{
	free(scene->table);
	fake_free(scene->fake);
}

/* A bound near a unit's: on it, a page beside it, or anywhere. */
static uint64_t bound(uint64_t *seed, uint64_t base, uint32_t unit, unsigned n)
{
	uint64_t at = base + below(seed, n) * unit;

	switch (below(seed, 4)) {
	case 0:
		return at + PAGE % unit;
	case 1:
		return at + unit - PAGE;
	case 2:
		return at + below(seed, unit / PAGE) * PAGE;
	default:
		return at;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted ranges of changing types in `n` units from base on, some of them adjacent. */
static void random_map(struct scene *scene, uint64_t *seed, uint64_t base, uint32_t unit,
		       unsigned n)
{
	static const enum cvm_mem_type types[] = { CVM_MEM_UNACCEPTED, CVM_MEM_RAM,
						   CVM_MEM_UNACCEPTED };
	uint64_t bounds[13];
	bool gap;

	for (int i = 0; i < 13; i++)
		bounds[i] = bound(seed, base, unit, n);
	qsort(bounds, 13, sizeof(*bounds), compare);
	for (int i = 0; i + 1 < 13; i++) {
		gap = !below(seed, 4);
		if (!gap)
			add_range(scene, bounds[i], bounds[i + 1], types[below(seed, 3)]);
	}
}

static void test_random_maps(void **state)
{
	uint64_t seed = 1;

	for (int round = 0; round < 600; round++) {
		uint32_t unit = units[round % 4];
		unsigned n = unit == 1 << 30 ? 5 : 6 + (unsigned)below(&seed, 80);
		uint64_t base = below(&seed, 1000) * GIB;
		uint64_t low = UINT64_MAX, high = 0;
		struct cvm_table_plan plan;
		struct scene scene;

		if (unit == 1 << 30 && round % 40 != 3)
			continue;
		scene_init(&scene, base, base + (uint64_t)n * unit);
		random_map(&scene, &seed, base, unit, n);
		scene_ram(&scene);
		for (size_t i = 0; i < scene.map.count; i++) {
			if (scene.ranges[i].type != CVM_MEM_UNACCEPTED)
				continue;
			low = low < scene.ranges[i].start ? low : scene.ranges[i].start;
			high = scene.ranges[i].end;
		}
		assert_int_equal(cvm_table_plan(&scene.map, unit, &plan), 0);
		if (high == 0) {
			assert_int_equal(plan.bytes, 0);
			scene_free(&scene);
			continue;
		}
		scene.table = storage(plan.bytes);
		assert_int_equal(cvm_table_init(scene.table, plan.bytes, &plan), 0);
		assert_int_equal(scene.table->phys_base, low / unit * unit);
		assert_int_equal(scene.table->size,
				 (high - low / unit * unit + 8ULL * unit - 1) / (8ULL * unit));
		assert_true(plan.bytes >= 24 + scene.table->size && plan.bytes % 8 == 0);
		assert_true(plan.bytes < 24 + scene.table->size + 8);
		assert_int_equal(
			cvm_table_build(scene.table, &scene.map, fake_accept_now, scene.fake), 0);
		check_scene(&scene);
		assert_int_equal(cvm_table_check(scene.table, plan.bytes, &scene.map), 0);
		scene_free(&scene);
	}
}

/* A table with another layout: parts of a range lie below it and past its end. */
static void test_other_bounds(void **state)
{
	uint64_t seed = 2;

	for (int round = 0; round < 600; round++) {
		uint32_t unit = units[round % 3];
		uint64_t base = 16 * GIB, from = below(&seed, 60), bytes = 1 + below(&seed, 4);
		struct cvm_table_plan plan = { .base = base + from * unit, .unit_size = unit };
		struct scene scene;

		plan.end = plan.base + bytes * 8 * unit;
		plan.bytes = 32;
		scene_init(&scene, base, base + 100ull * unit);
		random_map(&scene, &seed, base, unit, 100);
		scene_ram(&scene);
		scene.table = storage(plan.bytes);
		assert_int_equal(cvm_table_init(scene.table, plan.bytes, &plan), 0);
		assert_int_equal(scene.table->size, bytes);
		assert_int_equal(
			cvm_table_build(scene.table, &scene.map, fake_accept_now, scene.fake), 0);
		check_scene(&scene);
		scene_free(&scene);
	}
}

/* Byte for byte what Linux 7.2 reads: version, unit, base, bytes of bitmap, then bits. */
static void test_bytes(void **state)
{
	static const uint8_t expected[24 + 72] = {
		0x01, 0x00, 0x00, 0x00,				/* version 1 */
		0x00, 0x00, 0x20, 0x00,				/* 2 MiB */
		0x00, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x00, /* 0x100200000 */
		0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 65 */
		0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* unit 0 begins too low */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* up to unit 511 */
	};
	struct cvm_table_plan plan;
	struct scene scene;

	scene_init(&scene, 0x100000000, 0x141000000);
	add_range(&scene, 0x100000000, 0x100201000, CVM_MEM_RAM);
	add_range(&scene, 0x100201000, 0x140300000, CVM_MEM_UNACCEPTED);
	scene_ram(&scene);
	assert_int_equal(cvm_table_plan(&scene.map, 0, &plan), 0);
	assert_int_equal(plan.base, 0x100200000);
	assert_int_equal(plan.end, 0x140300000);
	assert_int_equal(plan.unit_size, 0x200000);
	assert_int_equal(plan.bytes, sizeof(expected));
	scene.table = storage(plan.bytes);
	assert_int_equal(cvm_table_init(scene.table, plan.bytes - 1, &plan), CVM_ENOSPC);
	assert_int_equal(cvm_table_init(scene.table, plan.bytes, &plan), 0);
	assert_int_equal(cvm_table_build(scene.table, &scene.map, fake_accept_now, scene.fake), 0);
	assert_memory_equal(scene.table, expected, sizeof(expected));
	assert_int_equal(fake_count(scene.fake, 0x100201000, 0x100400000, FAKE_ACCEPTED), 511);
	assert_int_equal(fake_count(scene.fake, 0x140200000, 0x140300000, FAKE_ACCEPTED), 256);
	check_scene(&scene);
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_maps),
		cmocka_unit_test(test_other_bounds),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
