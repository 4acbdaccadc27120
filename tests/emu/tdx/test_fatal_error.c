/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDVMCALL<ReportFatalError>. */

static void test_fatal_error(void **state)
{
	struct td m = td_start(48, 0);
	uint64_t gpr[16] = { [1] = 0xfffe & ~0x12, [11] = 0x10003, [12] = 0x42 };
	struct emu_stop stop;

	/* The message registers, in GHCI's order: R14 R15 RBX RDI RSI R8 R9 RDX. */
	memcpy(&gpr[14], "panic: n", 8);
	memcpy(&gpr[15], "o init\n", 8);
	assert_int_equal(emu_tdx_tdcall(m.tdx, 1, gpr), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.code, 0x42);
	assert_int_equal(stop.gpa, UINT64_MAX);
	assert_non_null(strstr(stop.text, "0x42: panic: no init "));
	assert_null(strchr(stop.text, '\n'));
	td_finish(&m);

	/* Bit 63: the message is in shared memory. */
	m = td_start(48, 0);
	{
		uint64_t map[16] = {
			[1] = 0x3c00, [11] = 0x10001, [12] = 0x800000004000, [13] = 0x1000
		};
		uint64_t report[16] = { [1] = 0x3c00,
					[11] = 0x10003,
					[12] = 0x8000000000000001,
					[13] = 0x800000004000 };

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, map), EMU_NEXT);
		strcpy((char *)m.fake->shared + 0x4000, "out of memory");
		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, report), EMU_STOP);
	}
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.code, 0x8000000000000001);
	assert_int_equal(stop.gpa, 0x4000);
	assert_non_null(strstr(stop.text, "out of memory"));
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fatal_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
