/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "painter.h"

static void fill(struct cvm_map *map, struct painter *painter, int entries)
{
	for (int i = 0; i < entries; i++) {
		struct entry entry = random_entry(painter, 3, 2);

		assert_int_equal(cvm_map_add(map, entry.start, entry.size, entry.type, entry.attr),
				 0);
		painter_add(painter, &entry);
	}
}

static void random_sets(void **state)
{
	random_seed(5);
	for (int round = 0; round < 1500; round++) {
		struct cvm_map map = map_with(PAINTER_SLOTS);
		struct painter painter;

		painter_random(&painter, 1, 8 + random_below(60));
		fill(&map, &painter, 20);
		for (int i = 0; i < 20; i++) {
			struct entry entry = random_entry(&painter, 3, 1);
			uint64_t end = entry.start + entry.size;

			if (end <= entry.start)
				continue;
			assert_int_equal(cvm_map_set(&map, entry.start, end, entry.type), 0);
			painter_set(&painter, entry.start, end, entry.type);
			painter_expect(&painter, &map);
		}
		free(map.range);
	}
}

static void bad_arguments(void **state)
{
	struct cvm_map map = map_with(3);

	assert_int_equal(cvm_map_set(&map, 0, UINT64_MAX, CVM_MEM_RAM), 0);
	assert_int_equal(map.count, 0);
	cvm_map_add(&map, 0x1000, 0x1000, CVM_MEM_UNACCEPTED, 0);
	assert_int_equal(cvm_map_set(&map, 0x1000, 0x1000, CVM_MEM_RAM), CVM_EINVAL);
	assert_int_equal(cvm_map_set(&map, 0x2000, 0x1000, CVM_MEM_RAM), CVM_EINVAL);
	assert_int_equal(cvm_map_set(&map, 0x1000, 0x2000, CVM_MEM_NONE), CVM_EINVAL);
	assert_int_equal(cvm_map_set(&map, 0x1000, 0x2000, CVM_MEM_TYPES), CVM_EINVAL);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_UNACCEPTED), 0x1000);
	assert_int_equal(cvm_map_set(&map, 0, 0x1000, CVM_MEM_RAM), 0);
	assert_int_equal(cvm_map_set(&map, 0x2000, 0x3000, CVM_MEM_RAM), 0);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_UNACCEPTED), 0x1000);
	free(map.range);
}

/* What lies above is gone, and memory among it is reported. */
static void limit(void **state)
{
	struct cvm_map map = map_with(8);

	cvm_map_add(&map, 0x1000, 0x3000, CVM_MEM_RAM, 0);
	cvm_map_add(&map, 0x8000, 0x1000, CVM_MEM_MMIO, 0);
	assert_int_equal(cvm_map_limit(&map, 0x9000), 0);
	assert_int_equal(map.count, 2);
	assert_int_equal(cvm_map_limit(&map, 0x8800), 0);
	assert_int_equal(map.range[1].end, 0x8800);
	assert_int_equal(cvm_map_limit(&map, 0x8000), 0);
	assert_int_equal(map.count, 1);
	assert_int_equal(cvm_map_limit(&map, 0x4000), 0);
	assert_int_equal(cvm_map_limit(&map, 0x3000), CVM_ERANGE);
	assert_int_equal(cvm_map_bytes(&map, CVM_MEM_RAM), 0x2000);
	assert_int_equal(cvm_map_limit(&map, 0x3000), 0);
	cvm_map_add(&map, UINT64_C(1) << 51, 0x1000, CVM_MEM_SOFT_RESERVED, 0);
	assert_int_equal(cvm_map_limit(&map, UINT64_C(1) << 51), CVM_ERANGE);
	cvm_map_add(&map, 0x5000, 0x1000, CVM_MEM_UNACCEPTED, 0);
	assert_int_equal(cvm_map_limit(&map, 0), CVM_ERANGE);
	assert_int_equal(map.count, 0);
	free(map.range);
}

static void attributes_are_kept(void **state)
{
	struct cvm_map map = map_with(4);

	cvm_map_add(&map, 0, 0x2000, CVM_MEM_UNACCEPTED, 8);
	cvm_map_add(&map, 0x2000, 0x2000, CVM_MEM_RESERVED, 9);
	assert_int_equal(cvm_map_set(&map, 0x1000, 0x3000, CVM_MEM_RAM), 0);
	assert_int_equal(map.count, 4);
	assert_int_equal(map.range[0].attr, 8);
	assert_int_equal(map.range[1].attr, 8);
	assert_int_equal(map.range[1].type, CVM_MEM_RAM);
	assert_int_equal(map.range[2].attr, 9);
	assert_int_equal(map.range[2].type, CVM_MEM_RAM);
	assert_int_equal(map.range[3].type, CVM_MEM_RESERVED);
	free(map.range);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_sets),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(limit),
		cmocka_unit_test(attributes_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
