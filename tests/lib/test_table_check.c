/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/table.h>

#include "fake.h"

/* cvm_table_check(): a table that firmware, a loader or the kernel before a kexec made. */

#define UNIT (2 * MIB)

static union {
	struct cvm_table table;
	uint64_t words[3 + 16];
	uint8_t bytes[24 + 128];
} store;

/* 100 units from 4 GiB on, in 13 bytes of bitmap. */
static struct cvm_table *good(void)
{
	memset(&store, 0, sizeof(store));
	store.table.version = 1;
	store.table.unit_size = UNIT;
	store.table.phys_base = 4 * GIB;
	store.table.size = 13;
	return &store.table;
}

static void set(uint64_t unit)
{
	store.words[3 + unit / 64] |= UINT64_C(1) << unit % 64;
}

static int check(size_t bytes)
{
	return cvm_table_check(&store.table, bytes, NULL);
}

static void test_version(void **state)
{
	static const uint32_t bad[] = { 0, 2, 0x100, 0x01000000, UINT32_MAX };

	good();
	assert_int_equal(check(40), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		good()->version = bad[i];
		assert_int_equal(check(40), CVM_EVERSION);
	}
}

static void test_unit_size(void **state)
{
	good()->phys_base = 0;
	for (unsigned shift = 0; shift < 32; shift++) {
		store.table.unit_size = UINT32_C(1) << shift;
		assert_int_equal(check(40), shift >= 12 && shift <= 30 ? 0 : CVM_EINVAL);
		store.table.unit_size |= 1;
		assert_int_equal(check(40), CVM_EINVAL);
		store.table.unit_size = UINT32_C(3) << shift;
		assert_int_equal(check(40), CVM_EINVAL);
	}
	store.table.unit_size = 0;
	assert_int_equal(check(40), CVM_EINVAL);
}

static void test_base(void **state)
{
	good()->phys_base += PAGE;
	assert_int_equal(check(40), CVM_EINVAL);
	good()->phys_base = CVM_PHYS_END - UNIT;
	store.table.size = 1;
	assert_int_equal(check(40), 0);
	store.table.phys_base = CVM_PHYS_END;
	assert_int_equal(check(40), CVM_EINVAL);
	store.table.phys_base = UINT64_MAX / UNIT * UNIT;
	assert_int_equal(check(40), CVM_EINVAL);
}

static void test_storage(void **state)
{
	good();
	/* 13 bytes of bitmap: Linux's stub sets aside no more than they take. */
	for (size_t bytes = 0; bytes < 37; bytes++)
		assert_int_equal(check(bytes), CVM_EINVAL);
	for (size_t bytes = 37; bytes <= 40; bytes++)
		assert_int_equal(check(bytes), 0);
	store.table.size = 16;
	assert_int_equal(check(40), 0);
	store.table.size = 17;
	assert_int_equal(check(40), CVM_EINVAL);
	store.table.size = 0;
	assert_int_equal(check(24), 0);
	for (unsigned shift = 5; shift < 64; shift++) {
		good()->size = UINT64_C(1) << shift;
		assert_int_equal(check(40), CVM_EINVAL);
	}
	good()->size = UINT64_MAX;
	assert_int_equal(check(40), CVM_EINVAL);
	store.table.size = UINT64_MAX - 7;
	assert_int_equal(check(40), CVM_EINVAL);
	good();
	assert_int_equal(cvm_table_check((void *)((char *)&store + 4), 100, NULL), CVM_EINVAL);
}

/* More bitmap than there are addresses, with storage that is large enough. */
static void test_past_the_end(void **state)
{
	good()->phys_base = CVM_PHYS_END - 60 * UNIT;
	store.table.size = 8;
	set(59);
	assert_int_equal(check(40), 0);
	set(60);
	assert_int_equal(check(40), CVM_EINVAL);
	good()->phys_base = CVM_PHYS_END - 60 * UNIT;
	store.table.size = 9;
	assert_int_equal(check(40), CVM_EINVAL);
}

static void test_against_map(void **state)
{
	/* Units 0 to 31: unaccepted. 32 to 63: RAM. 64 to 79: reserved. 80 to 99: RAM, except a
	 * page of unit 90 that is not in the map. */
	struct cvm_range ranges[] = {
		{ 0, GIB, 0, CVM_MEM_RAM },
		{ 4 * GIB, 4 * GIB + 32 * UNIT, 0, CVM_MEM_UNACCEPTED },
		{ 4 * GIB + 32 * UNIT, 4 * GIB + 64 * UNIT, 0, CVM_MEM_RAM },
		{ 4 * GIB + 64 * UNIT, 4 * GIB + 80 * UNIT, 0, CVM_MEM_RESERVED },
		{ 4 * GIB + 80 * UNIT, 4 * GIB + 90 * UNIT, 0, CVM_MEM_UNACCEPTED },
		{ 4 * GIB + 90 * UNIT + PAGE, 4 * GIB + 100 * UNIT, 0, CVM_MEM_UNACCEPTED },
	};
	struct cvm_map map = { .range = ranges, .count = 6, .capacity = 6 };

	for (uint64_t unit = 0; unit < 104; unit++) {
		bool ram = (unit < 64 || unit >= 80) && unit != 90 && unit < 100;

		good();
		set(unit);
		assert_int_equal(cvm_table_check(&store.table, 40, &map), ram ? 0 : CVM_EINVAL);
		assert_int_equal(cvm_table_check(&store.table, 40, NULL), 0);
		/* And as the end of a longer run. */
		for (uint64_t low = unit > 4 ? unit - 4 : 0; low < unit; low++) {
			set(low);
			ram &= low < 64 || (low >= 80 && low != 90);
		}
		assert_int_equal(cvm_table_check(&store.table, 40, &map), ram ? 0 : CVM_EINVAL);
	}
	good();
	for (uint64_t unit = 0; unit < 64; unit++)
		set(unit);
	assert_int_equal(cvm_table_check(&store.table, 40, &map), 0);
	map.count = 0;
	assert_int_equal(cvm_table_check(&store.table, 40, &map), CVM_EINVAL);
	good();
	assert_int_equal(cvm_table_check(&store.table, 40, &map), 0);
	/* Every other type is no memory to accept. */
	for (int type = CVM_MEM_NONE + 1; type < CVM_MEM_TYPES; type++) {
		good();
		set(3);
		map.count = 6;
		ranges[1].type = (enum cvm_mem_type)type;
		assert_int_equal(cvm_table_check(&store.table, 40, &map),
				 type == CVM_MEM_RAM || type == CVM_MEM_UNACCEPTED ? 0
										   : CVM_EINVAL);
	}
}

/* Bits of the last word that the bitmap does not hold mean nothing. */
static void test_padding(void **state)
{
	good();
	memset(store.bytes + 24 + 13, 0xff, 3);
	assert_int_equal(check(40), 0);
	assert_false(cvm_table_any(&store.table, 0, UINT64_MAX));
	assert_int_equal(cvm_table_count(&store.table, 0, UINT64_MAX), 0);
	set(103);
	assert_int_equal(cvm_table_count(&store.table, 0, UINT64_MAX), UNIT);
}

/* What is behind the last byte belongs to others: it is neither read nor part of the bitmap. */
static void test_last_bytes(void **state)
{
	struct cvm_range ranges[2];
	struct cvm_map map;

	for (uint64_t size = 0; size <= 17; size++) {
		struct cvm_table *table = malloc(CVM_TABLE_HEADER + (size ? size : 1));

		assert_non_null(table);
		memcpy(table, good(), CVM_TABLE_HEADER);
		table->size = size;
		memset((uint8_t *)table + CVM_TABLE_HEADER, 0xff, size);
		cvm_map_init(&map, ranges, 2);
		cvm_map_add(&map, 4 * GIB, size * 8 * UNIT, CVM_MEM_UNACCEPTED, 0);
		assert_int_equal(cvm_table_check(table, CVM_TABLE_HEADER + size, &map), 0);
		if (size) {
			cvm_map_init(&map, ranges, 2);
			cvm_map_add(&map, 4 * GIB, size * 8 * UNIT - PAGE, CVM_MEM_UNACCEPTED, 0);
			assert_int_equal(cvm_table_check(table, CVM_TABLE_HEADER + size, &map),
					 CVM_EINVAL);
		}
		free(table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),	    cmocka_unit_test(test_unit_size),
		cmocka_unit_test(test_base),	    cmocka_unit_test(test_storage),
		cmocka_unit_test(test_last_bytes),  cmocka_unit_test(test_past_the_end),
		cmocka_unit_test(test_against_map), cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
