/* SPDX-License-Identifier: MIT */
/* Numbers and sizes as they stand on command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/common/number.h"

static void numbers(void **unused)
{
	uint64_t value = 0;

	assert_true(number_parse("0x10", 0, 16, &value));
	assert_int_equal(value, 16);
	assert_true(number_parse("18446744073709551615", 0, UINT64_MAX, &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(number_parse("18446744073709551616", 0, UINT64_MAX, &value));
	assert_false(number_parse("17", 0, 16, &value));
	assert_false(number_parse("3", 4, 16, &value));
	assert_false(number_parse("", 0, 16, &value));
	assert_false(number_parse("-1", 0, UINT64_MAX, &value));
	assert_false(number_parse(" 1", 0, 16, &value));
	assert_false(number_parse("1 ", 0, 16, &value));
}

static void sizes(void **unused)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "4K", 4096 },
		{ "4k", 4096 },
		{ "512 MiB", UINT64_C(512) << 20 },
		{ "64G", UINT64_C(64) << 30 },
		{ "8TB", UINT64_C(8) << 40 },
		{ "16383P", UINT64_C(16383) << 50 },
	};
	static const char *const bad[] = {
		"", "G", "4X", "4KX", "4 K B", "-4K", "16384P", "4KiB4"
	};
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(size_parse(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(size_parse(bad[i], &bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
