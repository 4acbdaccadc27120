/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDG.VP.INFO, numbers as the ABI specification prints them. */

static void test_vp_info(void **state)
{
	struct td m = td_start(52, 0);
	uint64_t gpr[16] = { [0] = 1, [10] = 5, [11] = 5, [12] = 5 };

	assert_int_equal(emu_tdx_tdcall(m.tdx, 2, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0);
	assert_int_equal(gpr[1], 52);
	assert_int_equal(gpr[2], 0x10000000);
	assert_int_equal(gpr[8], 0x0000000300000003);
	assert_int_equal(gpr[9], 2);
	assert_int_equal(gpr[10], 0);
	assert_int_equal(gpr[11], 0);
	assert_int_equal(gpr[12], 5);
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vp_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
