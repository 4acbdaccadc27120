/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* Leaves that there are not. */

static void test_unknown_leaves(void **state)
{
	static const uint64_t leaves[] = { 2,  4,  5,	9,	 10,	    11,		12,
					   18, 20, 22,	23,	 24,	    25,		26,
					   27, 31, 255, 0x10006, 0x1000006, 0x100000006 };
	struct td m = td_start(48, 0);
	struct emu_tdx_stats stats;

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		uint64_t gpr[16] = { leaves[i], 1, 2, 3, 4, 5, 6, 7, 8, 9 };

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0xC000010000000000);
		for (unsigned r = 1; r < 10; r++)
			assert_int_equal(gpr[r], r);
	}
	emu_tdx_stats(m.tdx, &stats);
	assert_int_equal(stats.calls[22], 1);
	assert_int_equal(stats.calls[6], 0);
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
