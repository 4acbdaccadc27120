/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "painter.h"

static void add(struct cvm_map *map, struct painter *painter, const struct entry *entry)
{
	assert_int_equal(cvm_map_add(map, entry->start, entry->size, entry->type, entry->attr), 0);
	painter_add(painter, entry);
	painter_expect(painter, map);
}

static void add_any(size_t types, size_t attrs)
{
	for (int round = 0; round < 800; round++) {
		size_t entries = 1 + random_below(40);
		struct cvm_map map = map_with(cvm_map_storage(entries));
		struct painter painter;

		painter_random(&painter, 1, 8 + random_below(PAINTER_SLOTS - 8));
		for (size_t i = 0; i < entries; i++) {
			struct entry entry = random_entry(&painter, types, attrs);

			add(&map, &painter, &entry);
		}
		free(map.range);
	}
}

static void random_entries_of_every_type(void **state)
{
	random_seed(1);
	add_any(11, 4);
}

static void random_entries_of_few_types(void **state)
{
	random_seed(2);
	add_any(3, 2);
}

static void random_entries_of_one_type(void **state)
{
	random_seed(3);
	add_any(1, 3);
	add_any(1, 1);
}

/* Each type over and under each other, the weaker one reaching out on both sides. */
static void the_larger_type_wins(void **state)
{
	static const struct entry wide = { .start = 0x1000, .size = 0x3000, .attr = 1 };
	static const struct entry narrow = { .start = 0x2000, .size = 0x1000, .attr = 2 };

	for (int a = CVM_MEM_RAM; a < CVM_MEM_TYPES; a++) {
		for (int b = CVM_MEM_RAM; b < CVM_MEM_TYPES; b++) {
			for (int order = 0; order < 2; order++) {
				struct entry first = order ? wide : narrow;
				struct entry second = order ? narrow : wide;
				struct cvm_map map = map_with(3);
				struct painter painter;

				first.type = a;
				second.type = b;
				painter_uniform(&painter, 0, 0x1000, 8);
				add(&map, &painter, &first);
				add(&map, &painter, &second);
				free(map.range);
			}
		}
	}
}

static void expect_one(uint64_t start, uint64_t size, enum cvm_mem_type type, uint64_t end)
{
	struct cvm_map map = map_with(1);

	assert_int_equal(cvm_map_add(&map, start, size, type, 0), 0);
	assert_int_equal(map.count, end ? 1 : 0);
	assert_int_equal(map.dropped, end ? 0 : 1);
	if (end) {
		assert_int_equal(map.range[0].start, start);
		assert_int_equal(map.range[0].end, end);
		assert_int_equal(map.range[0].type, type);
	}
	free(map.range);
}

static void entries_at_the_end_of_physical_memory(void **state)
{
	const uint64_t end = 0x10000000000000; /* 2^52 */

	expect_one(end - 1, 1, CVM_MEM_RAM, end);
	expect_one(end - 1, 2, CVM_MEM_RAM, 0);
	expect_one(end - 1, 2, CVM_MEM_UNACCEPTED, 0);
	expect_one(end - 1, 2, CVM_MEM_SOFT_RESERVED, end);
	expect_one(end - 1, 2, CVM_MEM_RESERVED, end);
	expect_one(0, end, CVM_MEM_RAM, end);
	expect_one(0, end + 1, CVM_MEM_RAM, 0);
	expect_one(0, end + 1, CVM_MEM_UNUSABLE, end);
	expect_one(end, 1, CVM_MEM_RESERVED, 0);
	expect_one(UINT64_MAX, 1, CVM_MEM_RESERVED, 0);
	expect_one(UINT64_MAX, UINT64_MAX, CVM_MEM_RAM, 0);
	expect_one(5, UINT64_MAX, CVM_MEM_RAM, 0);
	expect_one(5, UINT64_MAX, CVM_MEM_MMIO, end);
	expect_one(5, 0, CVM_MEM_MMIO, 0);
}

static void types_that_are_none_are_refused(void **state)
{
	struct cvm_map map = map_with(4);

	assert_int_equal(cvm_map_add(&map, 0, 1, CVM_MEM_NONE, 0), CVM_EINVAL);
	assert_int_equal(cvm_map_add(&map, 0, 1, CVM_MEM_TYPES, 0), CVM_EINVAL);
	assert_int_equal(cvm_map_add(&map, 0, 1, (enum cvm_mem_type)(-1), 0), CVM_EINVAL);
	assert_int_equal(cvm_map_add(&map, 0, 0, CVM_MEM_NONE, 0), CVM_EINVAL);
	assert_int_equal(map.count + map.dropped, 0);
	free(map.range);
}

/* cvm_map_find() and cvm_map_bytes() against every slot. */
static void find_and_bytes(void **state)
{
	random_seed(4);
	for (int round = 0; round < 300; round++) {
		struct cvm_map map = map_with(cvm_map_storage(30));
		uint64_t bytes[CVM_MEM_TYPES] = { 0 };
		struct painter painter;

		painter_random(&painter, 1, 64);
		for (int i = 0; i < 30; i++) {
			struct entry entry = random_entry(&painter, 11, 2);

			add(&map, &painter, &entry);
		}
		for (size_t i = 0; i < painter.slots; i++) {
			uint64_t first = painter.grid[i], last = painter.grid[i + 1] - 1;
			const struct cvm_range *range = cvm_map_find(&map, first);

			bytes[painter.type[i]] += last - first + 1;
			assert_ptr_equal(cvm_map_find(&map, last), range);
			if (painter.type[i] == CVM_MEM_NONE) {
				assert_null(range);
				continue;
			}
			assert_non_null(range);
			assert_true(range->start <= first && last < range->end);
			assert_int_equal(range->type, painter.type[i]);
			assert_int_equal(range->attr, painter.attr[i]);
		}
		assert_null(cvm_map_find(&map, (uint64_t)1 << 52));
		assert_null(cvm_map_find(&map, UINT64_MAX));
		bytes[CVM_MEM_NONE] = 0;
		for (int type = 0; type < CVM_MEM_TYPES; type++)
			assert_int_equal(cvm_map_bytes(&map, type), bytes[type]);
		free(map.range);
	}
}

static void names(void **state)
{
	assert_string_equal(cvm_mem_type_name(CVM_MEM_RAM), "usable");
	assert_string_equal(cvm_mem_type_name(CVM_MEM_NVS), "ACPI NVS");
	for (int a = 0; a < CVM_MEM_TYPES; a++) {
		assert_string_not_equal(cvm_mem_type_name(a), "unknown");
		for (int b = 0; b < a; b++)
			assert_string_not_equal(cvm_mem_type_name(a), cvm_mem_type_name(b));
	}
	assert_string_equal(cvm_mem_type_name(CVM_MEM_TYPES), "unknown");
	assert_string_equal(cvm_mem_type_name((enum cvm_mem_type)(-1)), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_entries_of_every_type),
		cmocka_unit_test(random_entries_of_few_types),
		cmocka_unit_test(random_entries_of_one_type),
		cmocka_unit_test(the_larger_type_wins),
		cmocka_unit_test(entries_at_the_end_of_physical_memory),
		cmocka_unit_test(types_that_are_none_are_refused),
		cmocka_unit_test(find_and_bytes),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
