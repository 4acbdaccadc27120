/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDG.VP.VEINFO.GET. */

static void test_veinfo(void **state)
{
	struct td m = td_start(48, 0);
	uint64_t gpr[16] = { [0] = 3, [1] = 7, [8] = 7 };

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0xC000070400000000);
	assert_int_equal(gpr[1], 0);
	assert_int_equal(gpr[8], 0);
	td_finish(&m);
}

/* Each #VE is returned once, to the vCPU that it belongs to; only then can there be another. */
static void test_once(void **state)
{
	const struct emu_ve ve = { .exit_reason = 48,
				   .exit_qualification = 0x181,
				   .gla = 0xffff888000001000,
				   .gpa = 0x1000,
				   .instruction_length = 3,
				   .instruction_information = 5 };
	struct td m = td_start(48, 0);
	uint64_t other[16] = { [0] = 3 }, gpr[16] = { [0] = 3 }, again[16] = { [0] = 3 };

	assert_true(emu_tdx_ve(m.tdx, 1, &ve));
	assert_false(emu_tdx_ve(m.tdx, 1, &ve));
	assert_true(emu_tdx_ve(m.tdx, 2, &ve));
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, other), EMU_NEXT);
	assert_int_equal(other[0], 0xC000070400000000);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0);
	assert_int_equal(gpr[1], 48);
	assert_int_equal(gpr[2], 0x181);
	assert_int_equal(gpr[8], 0xffff888000001000);
	assert_int_equal(gpr[9], 0x1000);
	assert_int_equal(gpr[10], 0x0000000500000003);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, again), EMU_NEXT);
	assert_int_equal(again[0], 0xC000070400000000);
	assert_true(emu_tdx_ve(m.tdx, 1, &ve));
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_veinfo),
		cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
