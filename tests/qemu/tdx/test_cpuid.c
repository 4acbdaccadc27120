/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "qemu/tdx/ve_policy.h"

/* TDX module 1.5 ABI specification, "CPUID virtualization", leaf by leaf, by result. */
#define LAST  0x21
#define MANY  8
#define WHOLE UINT32_MAX /* any subleaf */

static bool answers(uint32_t leaf, uint32_t subleaf)
{
	return tdx_cpuid_is_answered(leaf, subleaf, LAST);
}

static void test_cpuid(void **state)
{
	static const uint32_t whole[] = { 0x0,	0x1,	    0x3,	0x5,	    0x8,
					  0xa,	0xe,	    0x11,	0x12,	    0x13,
					  0x15, 0x19,	    0x1a,	0x1c,	    0x1e,
					  0x20, 0x80000000, 0x80000001, 0x80000007, 0x80000008 };
	static const uint32_t none[] = {
		0x2,	    0x6,	0x9,	    0xb,	0xc,	    0xf,	0x10,
		0x16,	    0x17,	0x18,	    0x1b,	0x1f,	    0x80000002, 0x80000003,
		0x80000004, 0x80000005, 0x80000006, 0x40000000, 0x40000001, 0x4fffffff
	};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		for (uint32_t subleaf = 0; subleaf < MANY; subleaf++)
			assert_true(answers(whole[i], subleaf));
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		for (uint32_t subleaf = 0; subleaf < MANY; subleaf++)
			assert_false(answers(none[i], subleaf));
}

static void test_subleaves(void **state)
{
	static const uint32_t last[][2] = { { 0x4, 4 },	 { 0x7, 2 },  { 0xd, 18 },
					    { 0x14, 1 }, { 0x1d, 1 }, { 0x21, 0 } };

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		assert_true(answers(last[i][0], 0));
		assert_true(answers(last[i][0], last[i][1]));
		assert_false(answers(last[i][0], last[i][1] + 1));
		assert_false(answers(last[i][0], WHOLE));
	}
}

/* Answered as the last leaf, which has one subleaf here. */
static void test_leaves_that_are_not(void **state)
{
	static const uint32_t leaves[] = { 0x22,       0x23,	   0x3fffffff, 0x50000000,
					   0x7fffffff, 0x80000009, 0x8000001f, 0xffffffff };

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		assert_true(answers(leaves[i], 0));
		assert_false(answers(leaves[i], 1));
	}
	assert_true(tdx_cpuid_is_answered(0x23, 3, 0x23));
	assert_false(tdx_cpuid_is_answered(0x23, 4, 0x23));
	assert_false(tdx_cpuid_is_answered(0x1b, 0, 0x1b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_subleaves),
		cmocka_unit_test(test_leaves_that_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
