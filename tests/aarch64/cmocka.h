/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_AARCH64_CMOCKA_H
#define CVMEM_TESTS_AARCH64_CMOCKA_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * As much of cmocka as the tests of lib/ need, where a library for AArch64 is not installed. The
 * first assertion that fails ends the program. A failure is examined with the real one, on x86-64.
 */

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#define cmocka_unit_test(f)                                                                        \
	{                                                                                          \
#f, f, NULL, NULL                                                                  \
	}
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                        \
	{                                                                                          \
#f, f, setup, teardown                                                             \
	}

static inline int cm_run(const struct CMUnitTest *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *state = NULL;

		if (tests[i].setup && tests[i].setup(&state))
			return 1;
		tests[i].test(&state);
		if (tests[i].teardown && tests[i].teardown(&state))
			return 1;
	}
	printf("%zu\n", count);
	return 0;
}

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
	cm_run(tests, sizeof(tests) / sizeof((tests)[0]))

static inline void cm_check(int holds, const char *text, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
	exit(1);
}

#define CM_CHECK(holds, text) cm_check(holds, text, __FILE__, __LINE__)

#define assert_true(c)			CM_CHECK(!!(c), #c)
#define assert_false(c)			CM_CHECK(!(c), "not " #c)
#define assert_null(p)			CM_CHECK(!(p), #p)
#define assert_non_null(p)		CM_CHECK(!!(p), #p)
#define assert_int_equal(a, b)		CM_CHECK((uint64_t)(a) == (uint64_t)(b), #a " == " #b)
#define assert_int_not_equal(a, b)	CM_CHECK((uint64_t)(a) != (uint64_t)(b), #a " != " #b)
#define assert_ptr_equal(a, b)		CM_CHECK((const void *)(a) == (const void *)(b), #a " == " #b)
#define assert_string_equal(a, b)	CM_CHECK(!strcmp(a, b), #a " == " #b)
#define assert_string_not_equal(a, b)	CM_CHECK(!!strcmp(a, b), #a " != " #b)
#define assert_memory_equal(a, b, size) CM_CHECK(!memcmp(a, b, size), #a " == " #b)
#define assert_in_range(v, low, high)	CM_CHECK((v) >= (low) && (v) <= (high), #v)
#define fail()				CM_CHECK(0, "fail()")
#define fail_msg(...)			(fprintf(stderr, __VA_ARGS__), fail())

#endif
