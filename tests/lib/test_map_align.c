/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "painter.h"

#define LIMIT ((uint64_t)1 << 52)

static void fill(struct cvm_map *map, struct painter *painter, size_t types, size_t attrs)
{
	size_t entries = random_below(40);

	for (size_t i = 0; i < entries; i++) {
		struct entry entry = random_entry(painter, types, attrs);

		if (random_below(2))
			entry.type =
				(enum cvm_mem_type)(CVM_MEM_ACPI + random_below(types > 3 ? 8 : 2));
		assert_int_equal(cvm_map_add(map, entry.start, entry.size, entry.type, entry.attr),
				 0);
		painter_add(painter, &entry);
	}
}

static void random_maps(void **state)
{
	static const uint64_t scale[] = { 1, 512, 4096, (uint64_t)1 << 40 };

	random_seed(6);
	for (int round = 0; round < 6000; round++) {
		struct cvm_map map = map_with(64);
		uint64_t slot = scale[random_below(4)];
		struct painter painter;

		painter_uniform(&painter, random_below(2) ? 0 : LIMIT - 64 * slot, slot, 64);
		fill(&map, &painter, random_below(2) ? 11 : 3, 1 + random_below(3));
		map.capacity = map.count;
		for (uint64_t granule = slot << random_below(3); granule <= 64 * slot;
		     granule <<= 1 + random_below(4)) {
			assert_int_equal(cvm_map_align(&map, granule), 0);
			painter_align(&painter, granule);
			painter_expect(&painter, &map);
		}
		free(map.range);
	}
}

static void expect(const struct cvm_map *map, size_t i, uint64_t start, uint64_t end,
		   enum cvm_mem_type type)
{
	assert_true(i < map->count);
	assert_int_equal(map->range[i].start, start);
	assert_int_equal(map->range[i].end, end);
	assert_int_equal(map->range[i].type, type);
}

/* The low memory of nearly every PC: the bound at 0x9fc00 is in the middle of a page. */
static void a_reserved_range_takes_the_whole_page(void **state)
{
	struct cvm_map map = map_with(4);

	cvm_map_add(&map, 0, 0x9fc00, CVM_MEM_RAM, 0);
	cvm_map_add(&map, 0x9fc00, 0x400, CVM_MEM_RESERVED, 0);
	cvm_map_add(&map, 0x100000, 0xfff, CVM_MEM_RAM, 0);
	cvm_map_add(&map, 0x200001, 0x2000, CVM_MEM_UNACCEPTED, 0);
	assert_int_equal(cvm_map_align(&map, 0x1000), 0);
	assert_int_equal(map.count, 3);
	expect(&map, 0, 0, 0x9f000, CVM_MEM_RAM);
	expect(&map, 1, 0x9f000, 0xa0000, CVM_MEM_RESERVED);
	expect(&map, 2, 0x201000, 0x202000, CVM_MEM_UNACCEPTED);
	free(map.range);
}

/* The weaker range between two that grow goes, and the two become one. */
static void ranges_meet_over_one_that_is_lost(void **state)
{
	struct cvm_map map = map_with(3);

	cvm_map_add(&map, 0, 0x1000, CVM_MEM_RESERVED, 0);
	cvm_map_add(&map, 0x1200, 0x100, CVM_MEM_ACPI, 0);
	cvm_map_add(&map, 0x1400, 0x100, CVM_MEM_RESERVED, 0);
	assert_int_equal(cvm_map_align(&map, 0x1000), 0);
	assert_int_equal(map.count, 1);
	expect(&map, 0, 0, 0x2000, CVM_MEM_RESERVED);
	free(map.range);
}

static void granules(void **state)
{
	struct cvm_map map = map_with(2);

	cvm_map_add(&map, 5, 1, CVM_MEM_RESERVED, 0);
	cvm_map_add(&map, 0x5000, LIMIT - 0x5000, CVM_MEM_RAM, 0);
	assert_int_equal(cvm_map_align(&map, 0), CVM_EINVAL);
	assert_int_equal(cvm_map_align(&map, 3), CVM_EINVAL);
	assert_int_equal(cvm_map_align(&map, 0x1001), CVM_EINVAL);
	assert_int_equal(cvm_map_align(&map, 2 * LIMIT), CVM_EINVAL);
	assert_int_equal(cvm_map_align(&map, 1), 0);
	assert_int_equal(map.count, 2);
	expect(&map, 0, 5, 6, CVM_MEM_RESERVED);
	expect(&map, 1, 0x5000, LIMIT, CVM_MEM_RAM);
	assert_int_equal(cvm_map_align(&map, LIMIT), 0);
	assert_int_equal(map.count, 1);
	expect(&map, 0, 0, LIMIT, CVM_MEM_RESERVED);
	free(map.range);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_maps),
		cmocka_unit_test(a_reserved_range_takes_the_whole_page),
		cmocka_unit_test(ranges_meet_over_one_that_is_lost),
		cmocka_unit_test(granules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
