/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/handover.h>

#include "fake.h"

/* The other side: tables and lists that are not to be trusted. */

#define BASE GIB
#define UNIT (2 * MIB)
#define SIZE 5 /* bytes of bitmap: not a whole word */

#define ROOM (CVM_TABLE_HEADER + 8)

static const uint64_t bits = 0xff00a00001;

/* Exactly as large as it must be, so that a sanitizer sees any read behind it. */
static struct cvm_table *new_table(void)
{
	struct cvm_table *table = calloc(1, ROOM);

	assert_non_null(table);
	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = SIZE;
	table->bitmap[0] = bits;
	return table;
}

static bool readable(const struct cvm_table *table, uint64_t gpa)
{
	return cvm_frame_readable(table, ROOM, gpa);
}

static void test_frames(void **state)
{
	struct cvm_table *table = new_table();

	for (unsigned n = 0; n < SIZE * 8; n++) {
		assert_int_equal(readable(table, BASE + n * UNIT), !(bits >> n & 1));
		assert_int_equal(readable(table, BASE + n * UNIT + UNIT - 1), !(bits >> n & 1));
	}
	/* Outside of the bitmap, although there are bits in the word's storage. */
	table->bitmap[0] = UINT64_MAX;
	assert_true(readable(table, BASE - 1));
	assert_true(readable(table, 0));
	assert_true(readable(table, BASE + SIZE * 8 * UNIT));
	assert_true(readable(table, UINT64_MAX));
	assert_true(cvm_frame_readable(NULL, 0, BASE));
	free(table);
}

/* A header that is no table's says nothing of any frame. */
static void test_torn_header(void **state)
{
	struct cvm_table *table = new_table();

#define TORN(field, value)                                                                         \
	do {                                                                                       \
		table->field = (value);                                                            \
		assert_false(readable(table, 0));                                                  \
		assert_false(readable(table, BASE + UNIT));                                        \
		assert_false(readable(table, UINT64_MAX));                                         \
		free(table);                                                                       \
		table = new_table();                                                               \
	} while (0)
	TORN(version, 0);
	TORN(version, 2);
	TORN(unit_size, 0);
	TORN(unit_size, 2048);
	TORN(unit_size, 3 << 20);
	TORN(unit_size, UINT32_C(1) << 31);
	TORN(phys_base, BASE + PAGE);
	TORN(phys_base, CVM_PHYS_END);
	TORN(size, 9);
	TORN(size, UINT64_MAX);
	TORN(size, UINT64_MAX - 6);
#undef TORN
	assert_true(cvm_frame_readable(table, CVM_TABLE_HEADER + SIZE, BASE + UNIT));
	assert_false(cvm_frame_readable(table, CVM_TABLE_HEADER + SIZE - 1, BASE + UNIT));
	assert_false(cvm_frame_readable(table, CVM_TABLE_HEADER - 1, BASE + UNIT));
	free(table);
}

/* Anything at all: it answers, and reads nothing but what it was given. */
static void test_garbage(void **state)
{
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		size_t bytes = below(&seed, 9) * 8;
		uint64_t *storage = malloc(bytes ? bytes : 1);

		assert_non_null(storage);
		for (size_t k = 0; k < bytes / 8; k++)
			storage[k] = below(&seed, 3) ? rng(&seed) : below(&seed, 64);
		if (bytes && below(&seed, 2))
			storage[0] = CVM_TABLE_VERSION | (uint64_t)UNIT << 32;
		cvm_frame_readable((const struct cvm_table *)storage, bytes, rng(&seed) >> 12);
		free(storage);
	}
}

/* Rounded out from where the table begins and ends, not by its size. */
static void test_table_pages(void **state)
{
	struct cvm_table table = { .size = 4096 - CVM_TABLE_HEADER };
	uint64_t start, end;

	cvm_handover_table_pages(&table, 0x5000, &start, &end);
	assert_int_equal(start, 0x5000);
	assert_int_equal(end, 0x6000);
	cvm_handover_table_pages(&table, 0x5008, &start, &end);
	assert_int_equal(start, 0x5000);
	assert_int_equal(end, 0x7000);
	cvm_handover_table_pages(&table, 0x5ff8, &start, &end);
	assert_int_equal(start, 0x5000);
	assert_int_equal(end, 0x7000);
	/* Whole words: the last byte counts for eight. */
	table.size = 4096 - CVM_TABLE_HEADER + 1;
	cvm_handover_table_pages(&table, 0x5000, &start, &end);
	assert_int_equal(end, 0x7000);
	table.size = 8192 - CVM_TABLE_HEADER - 8 - 7;
	cvm_handover_table_pages(&table, 0x5008, &start, &end);
	assert_int_equal(end, 0x7000);
}

static int import(struct cvm_table *table, uint64_t gpa, const struct cvm_map *map)
{
	struct cvm_acceptor acceptor;
	struct cvm_claim claims[1];
	struct cvm_platform platform = fake_calls;
	struct cvm_acceptor_config config = { .table = table,
					      .claims = claims,
					      .platform = &platform };

	return cvm_handover_import(&acceptor, &config, gpa, ROOM, map);
}

static void test_import(void **state)
{
	struct cvm_table *table = new_table();
	struct cvm_range ranges[4];
	struct cvm_map map;

	cvm_map_init(&map, ranges, 4);
	assert_int_equal(cvm_map_add(&map, 0, BASE + 40 * UNIT, CVM_MEM_RAM, 0), 0);
	assert_int_equal(import(table, 0x1238, &map), 0);
	/* The table calls itself unaccepted: wholly, or its last page. */
	assert_int_equal(import(table, BASE + 32 * UNIT, &map), CVM_EINVAL);
	assert_int_equal(import(table, BASE + 32 * UNIT - 16, &map), CVM_EINVAL);
	assert_int_equal(import(table, BASE + 32 * UNIT - 32, &map), 0);
	assert_int_equal(import(table, UINT64_MAX - 7, &map), CVM_EINVAL);
	/* A unit that the map does not call memory (I6). */
	assert_int_equal(cvm_map_set(&map, BASE + 23 * UNIT, BASE + 24 * UNIT, CVM_MEM_UNUSABLE),
			 0);
	assert_int_equal(import(table, 0x1238, &map), CVM_EINVAL);
	table->version = 2;
	assert_int_equal(import(table, 0x1238, NULL), CVM_EVERSION);
	free(table);
}

static void test_frame_shared(void **state)
{
	struct cvm_shared list[4] = {
		{ 3 * PAGE, 5 * PAGE, CVM_SHARED, 0 },
		{ 1 * PAGE, 2 * PAGE, CVM_SHARED, 1 },
		{ 0, 0, 0, 0 },
		{ 7 * PAGE, 8 * PAGE, CVM_SHARE_FAILED, 0 },
	};

	for (unsigned n = 0; n < 10; n++)
		assert_int_equal(cvm_frame_shared(list, 4, n * PAGE),
				 n == 1 || n == 3 || n == 4 || n == 7);
	assert_false(cvm_frame_shared(list, 3, 7 * PAGE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),	cmocka_unit_test(test_torn_header),
		cmocka_unit_test(test_garbage), cmocka_unit_test(test_table_pages),
		cmocka_unit_test(test_import),	cmocka_unit_test(test_frame_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
