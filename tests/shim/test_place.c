/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shim/place.h"

#define MIB  (UINT64_C(1) << 20)
#define FROM (16 * MIB)

static struct cvm_range ranges[8];
static struct cvm_map map;

static void add(uint64_t start, uint64_t end, enum cvm_mem_type type)
{
	assert_int_equal(cvm_map_add(&map, start, end - start, type, 0), 0);
}

static int setup(void **state)
{
	cvm_map_init(&map, ranges, 8);
	return 0;
}

/* All places, in their order, by the numbers from 0 on; then from the first again. */
static void chosen(uint64_t bytes, const uint64_t *places, unsigned count)
{
	for (unsigned i = 0; i < 3 * count; i++)
		assert_int_equal(place_choose(&map, FROM, bytes, i), places[i % count]);
	assert_int_equal(place_choose(&map, FROM, bytes, UINT64_MAX), places[UINT64_MAX % count]);
}

static void test_places(void **state)
{
	/* Below `from`, accepted, not aligned, too short by a byte, and above 4 GiB. */
	static const uint64_t places[] = { 16 * MIB, 18 * MIB, 66 * MIB, 5000 * MIB };

	add(0, 26 * MIB, CVM_MEM_UNACCEPTED);
	add(30 * MIB, 60 * MIB, CVM_MEM_RAM);
	add(65 * MIB, 75 * MIB, CVM_MEM_UNACCEPTED);
	add(80 * MIB, 88 * MIB - 4096, CVM_MEM_UNACCEPTED);
	add(90 * MIB, 100 * MIB, CVM_MEM_RESERVED);
	add(5000 * MIB, 5008 * MIB, CVM_MEM_UNACCEPTED);
	chosen(8 * MIB, places, 4);
}

static void test_none(void **state)
{
	assert_int_equal(place_choose(&map, FROM, 4096, 7), 0);
	add(0, 22 * MIB, CVM_MEM_UNACCEPTED);
	assert_int_equal(place_choose(&map, FROM, 8 * MIB, 7), 0);
	assert_int_equal(place_choose(&map, FROM, UINT64_MAX, 7), 0);
	add(UINT64_MAX - 8191, UINT64_MAX - 4095, CVM_MEM_UNACCEPTED);
	assert_int_equal(place_choose(&map, FROM, 8 * MIB, 7), 0);
}

/* Linux 7.2, cmdline_find_option_bool(). */
static void test_word(void **state)
{
	static const char *const random[] = {
		"",
		"quiet",
		"nokasl",
		"console nokasls",
		"nokaslrx",
		"nokaslr=0",
		"xnokaslr",
		"x=nokaslr",
		"\"nokaslr\"",
		"nonokaslr nokasl r",
		"nokaslr,quiet",
		"nokaslr\xff",
	};
	static const char *const not_random[] = {
		"nokaslr",	 "quiet nokaslr",    "nokaslr quiet",	  "  nokaslr  ",
		"a\tnokaslr\nb", "nokaslrx nokaslr", "x=\"a nokaslr b\"", "-- nokaslr",
	};

	for (unsigned i = 0; i < sizeof(random) / sizeof(random[0]); i++)
		assert_true(place_is_random(random[i]));
	for (unsigned i = 0; i < sizeof(not_random) / sizeof(not_random[0]); i++)
		assert_false(place_is_random(not_random[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_places, setup),
		cmocka_unit_test_setup(test_none, setup),
		cmocka_unit_test(test_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
