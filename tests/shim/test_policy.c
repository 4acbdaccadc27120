/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shim/policy.h"

static void test_words(void **state)
{
	static const struct {
		const char *text;
		bool all;
		uint64_t bytes;
	} good[] = {
		{ "min", false, 0 },
		{ "all", true, 0 },
		{ "all quiet", true, 0 },
		{ "min\n", false, 0 },
		{ "4096", false, 4096 },
		{ "3k", false, 3072 },
		{ "64M", false, 64 << 20 },
		{ "64M console=ttyS0", false, 64 << 20 },
		{ "2G", false, UINT64_C(2) << 30 },
		{ "1t", false, UINT64_C(1) << 40 },
		{ "16777215T", false, UINT64_C(16777215) << 40 },
	};

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct policy policy = { .all = true, .bytes = 77 };

		assert_true(policy_parse(good[i].text, &policy));
		assert_int_equal(policy.all, good[i].all);
		assert_int_equal(policy.bytes, good[i].bytes);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"mini",
		"al",
		"allow",
		"-1",
		"M",
		"4MB",
		"0x10",
		"1.5G",
		"16777216T",
		"18446744073709551616",
		"99999999999999999999",
		"64M,quiet",
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct policy policy = { .all = true, .bytes = 77 };

		assert_false(policy_parse(bad[i], &policy));
		assert_true(policy.all);
		assert_int_equal(policy.bytes, 77);
	}
}

static void test_find(void **state)
{
	assert_null(policy_find(""));
	assert_null(policy_find("quiet accept=all accept_memory=lazy"));
	assert_null(policy_find("xcvmem.accept=all"));
	assert_string_equal(policy_find("cvmem.accept=all"), "all");
	assert_string_equal(policy_find("quiet cvmem.accept=1G x"), "1G x");
	/* The last one counts, as in Linux. */
	assert_string_equal(policy_find("cvmem.accept=min cvmem.accept="), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
