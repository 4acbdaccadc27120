/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/x86/walk.h"
#include "tests/qemu/fake_tables.h"

/* Page tables as AMD APM volume 2, 5.3, has them: made by hand, walked by the plugin. */

/* Linear address 0x0000_0080_4060_5678: entries 1, 1, 3 and 5 of the four levels. */
#define ADDRESS UINT64_C(0x0000008040605678)

static void build(uint64_t leaf)
{
	fake_reset();
	fake_entry(0x1000, 1, C_BIT | 0x2000 | 1);
	fake_entry(0x2000, 1, 0x3000 | 1);
	fake_entry(0x3000, 3, C_BIT | 0x4000 | 1);
	fake_entry(0x4000, 5, leaf);
}

static void finds(uint64_t gpa, uint64_t size, bool is_private)
{
	struct x86_mapping mapping;

	assert_true(x86_walk(0, ADDRESS, &mapping));
	assert_int_equal(mapping.gpa, gpa);
	assert_int_equal(mapping.size, size);
	assert_int_equal(mapping.is_private, is_private);
}

static void finds_none(void)
{
	struct x86_mapping mapping;

	assert_false(x86_walk(0, ADDRESS, &mapping));
}

static void test_4k(void **state)
{
	build(C_BIT | UINT64_C(0x8000000123456063)); /* no execute */
	finds(0x123456678, 4096, true);
	build(0x123456063);
	finds(0x123456678, 4096, false);
	/* Bit 7 of the last level is PAT. */
	build(C_BIT | 0x1234560e3);
	finds(0x123456678, 4096, true);
	build(C_BIT | 0x123456062);
	finds_none();
}

static void test_large(void **state)
{
	struct x86_mapping mapping;

	build(0);
	fake_entry(0x3000, 3, C_BIT | 0x123400083);
	finds(0x123405678, 2 << 20, true);
	/* Bit 12 of a large page is PAT. */
	fake_entry(0x3000, 3, C_BIT | 0x123401083);
	assert_true(x86_walk(0, ADDRESS - 0x1000, &mapping));
	assert_int_equal(mapping.gpa, 0x123404678);
	fake_entry(0x2000, 1, 0x140000083);
	finds(0x140605678, 1 << 30, false);
	fake_entry(0x1000, 1, 0);
	finds_none();
}

static void test_modes(void **state)
{
	/* Five levels: one more table, entry 0. */
	build(C_BIT | 0x123456003);
	fake_cr[4] |= 1 << 12;
	fake_cr[3] = C_BIT | 0x5000;
	fake_entry(0x5000, 0, C_BIT | 0x1000 | 1);
	finds(0x123456678, 4096, true);

	/* PAE: three levels. */
	build(C_BIT | 0x123456003);
	fake_long_mode = false;
	fake_cr[3] = 0x2000;
	finds(0x123456678, 4096, true);
	fake_cr[4] = 0;
	finds_none();

	fake_cr[0] = 0x11;
	finds(ADDRESS, 4096, true);
}

static void test_bad_table(void **state)
{
	build(C_BIT | 0x123456003);
	fake_entry(0x2000, 1, 0x7000000000 | 1);
	finds_none();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_4k),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_bad_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
