/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <cvmem/metal.h>

/* The tables, walked as Intel SDM volume 3, 4.5.4, says. */

#define KIB4	   UINT64_C(0x1000)
#define MIB2	   UINT64_C(0x200000)
#define GIB1	   UINT64_C(0x40000000)
#define POOL	   UINT64_C(0x100000) /* where the pool is, guest-physical */
#define C_BIT	   (UINT64_C(1) << 51)
#define SHARED_BIT (UINT64_C(1) << 47)

#define TABLES 16
static _Alignas(4096) uint8_t pool[TABLES * 4096];

static struct cvm_page_tables start(uint64_t private_bit, uint64_t shared_bit, unsigned count)
{
	struct cvm_page_tables tables = {
		.next = POOL,
		.end = POOL + count * KIB4,
		.direct_map = (uintptr_t)pool - POOL,
		.private_bit = private_bit,
		.shared_bit = shared_bit,
	};

	memset(pool, 0xff, sizeof(pool));
	assert_int_equal(cvm_page_tables_init(&tables), count ? 0 : CVM_ENOMEM);
	return tables;
}

/* The entry that maps va, 0 for none, and the bytes that it covers. */
static uint64_t walk(const struct cvm_page_tables *tables, uint64_t va, uint64_t *bytes)
{
	uint64_t entry = tables->root;

	for (int shift = 39; shift >= 12; shift -= 9) {
		uint64_t gpa = entry & UINT64_C(0xffffffffff000) & ~tables->private_bit;
		const uint64_t *table = (const uint64_t *)(pool + (gpa - POOL));

		assert_in_range(gpa, POOL, POOL + sizeof(pool) - KIB4);
		assert_int_equal(entry & tables->private_bit, tables->private_bit);
		entry = table[va >> shift & 511];
		*bytes = UINT64_C(1) << shift;
		if (!entry)
			return 0;
		assert_int_equal(entry & 0x23, 0x23); /* present, writable, accessed */
		assert_int_equal(entry & 4, 0);	      /* not user */
		if (shift == 12 || entry & 0x80)
			break;
	}
	return entry;
}

static void check(const struct cvm_page_tables *tables, uint64_t va, uint64_t gpa, uint64_t size,
		  uint64_t bit)
{
	uint64_t bytes, entry = walk(tables, va, &bytes);

	assert_int_equal(bytes, size);
	assert_int_equal(entry & UINT64_C(0xffffffffff000), gpa | bit);
	assert_int_equal(entry & 0xff, size == KIB4 ? 0x63 : 0xe3);
}

/* 2 MiB before a GiB, the GiB, 2 MiB and 4 KiB behind it. */
static void test_largest(void **state)
{
	struct cvm_page_tables tables = start(0, 0, TABLES);
	uint64_t bytes;

	assert_int_equal(cvm_page_tables_map(&tables, GIB1 - MIB2, GIB1 - MIB2,
					     MIB2 + GIB1 + MIB2 + KIB4, false),
			 0);
	assert_int_equal(walk(&tables, GIB1 - MIB2 - KIB4, &bytes), 0);
	check(&tables, GIB1 - MIB2, GIB1 - MIB2, MIB2, 0);
	check(&tables, GIB1, GIB1, GIB1, 0);
	check(&tables, 2 * GIB1, 2 * GIB1, MIB2, 0);
	check(&tables, 2 * GIB1 + MIB2, 2 * GIB1 + MIB2, KIB4, 0);
	assert_int_equal(walk(&tables, 2 * GIB1 + MIB2 + KIB4, &bytes), 0);
	/* The first table, the one below it, two of 2 MiB, one of 4 KiB. */
	assert_int_equal(tables.next, POOL + 5 * KIB4);
}

/* Another address: the sizes follow both. */
static void test_moved(void **state)
{
	struct cvm_page_tables tables = start(0, 0, TABLES);

	assert_int_equal(cvm_page_tables_map(&tables, 8 * GIB1, GIB1 + MIB2, GIB1, false), 0);
	check(&tables, 8 * GIB1, GIB1 + MIB2, MIB2, 0);
	check(&tables, 9 * GIB1 - MIB2, 2 * GIB1, MIB2, 0);
	assert_int_equal(cvm_page_tables_map(&tables, 16 * GIB1, MIB2 + KIB4, MIB2, false), 0);
	check(&tables, 16 * GIB1, MIB2 + KIB4, KIB4, 0);
}

static void test_views(void **state)
{
	struct cvm_page_tables snp = start(C_BIT, 0, TABLES), tdx;
	uint64_t top = UINT64_C(1) << 46;

	assert_int_equal(snp.root & C_BIT, C_BIT);
	assert_int_equal(cvm_page_tables_map(&snp, 0, 0, GIB1, false), 0);
	assert_int_equal(cvm_page_tables_map(&snp, top, 0, GIB1, true), 0);
	check(&snp, 0, 0, GIB1, C_BIT);
	check(&snp, top, 0, GIB1, 0);

	tdx = start(0, SHARED_BIT, TABLES);
	assert_int_equal(tdx.root, POOL);
	assert_int_equal(cvm_page_tables_map(&tdx, 0, 0, GIB1, false), 0);
	assert_int_equal(cvm_page_tables_map(&tdx, top, 0, KIB4, true), 0);
	check(&tdx, 0, 0, GIB1, 0);
	check(&tdx, top, 0, KIB4, SHARED_BIT);
}

static void test_errors(void **state)
{
	struct cvm_page_tables tables = start(0, 0, 0);
	uint64_t bytes;

	tables = start(0, 0, 3);
	assert_int_equal(cvm_page_tables_map(&tables, 1, 0, KIB4, false), CVM_EINVAL);
	assert_int_equal(cvm_page_tables_map(&tables, 0, 512, KIB4, false), CVM_EINVAL);
	assert_int_equal(cvm_page_tables_map(&tables, 0, 0, 12, false), CVM_EINVAL);
	assert_int_equal(cvm_page_tables_map(&tables, UINT64_C(1) << 47, 0, KIB4, false),
			 CVM_EINVAL);
	assert_int_equal(
		cvm_page_tables_map(&tables, (UINT64_C(1) << 47) - KIB4, 0, 2 * KIB4, false),
		CVM_EINVAL);
	/* Two tables for 2 MiB; 4 KiB need a third. */
	assert_int_equal(cvm_page_tables_map(&tables, 0, 0, MIB2 + KIB4, false), CVM_ENOMEM);
	check(&tables, 0, 0, MIB2, 0);
	assert_int_equal(walk(&tables, MIB2, &bytes), 0);
	/* Mapped already, by a page of the same size, and by a larger one. */
	assert_int_equal(cvm_page_tables_map(&tables, 0, 0, MIB2, false), CVM_EINVAL);
	assert_int_equal(cvm_page_tables_map(&tables, KIB4, 0, KIB4, false), CVM_EINVAL);
	/* Tables are below. */
	tables = start(0, 0, TABLES);
	assert_int_equal(cvm_page_tables_map(&tables, 0, 0, KIB4, false), 0);
	assert_int_equal(cvm_page_tables_map(&tables, 0, 0, GIB1, false), CVM_EINVAL);
	check(&tables, 0, 0, KIB4, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
