/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDVMCALL<MapGPA>, numbers as the GHCI specification prints them. */

static void test_map_gpa_errors(void **state)
{
	static const struct {
		unsigned width;
		uint64_t gpa, size, r10;
	} cases[] = {
		{ 48, 0x800000000000, 0, 0x8000000000000000 },
		{ 48, 0x800000000800, 0x1000, 0x8000000000000002 },
		{ 48, 0x800000000000, 0x800, 0x8000000000000002 },
		{ 48, 0x800000000000, 0xfffffffffffff000, 0x8000000000000000 }, /* wraps */
		{ 48, 0x7ffffffff000, 0x2000, 0x8000000000000000 }, /* private and shared */
		{ 48, 0xfffffffff000, 0x2000, 0x8000000000000000 }, /* beyond the width */
		{ 48, 0x1000000000000, 0x1000, 0x8000000000000000 },
		{ 52, 0xffffffffff000, 0x2000, 0x8000000000000000 },
		{ 48, 0x900000, 0x1000, 0x8000000000000000 }, /* no RAM to make private */
		{ 48, 0x7ff000, 0x2000, 0x8000000000000000 },
		{ 48, 0x800000900000, 0x1000, 0 }, /* a device's registers */
		{ 48, 0xfffffffff000, 0x1000, 0 },
		{ 52, 0x80000fee00000, 0x1000, 0 },
		{ 48, 0x1000, 0x1000, 0 }, /* private already */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct td m = td_start(cases[i].width, 0);
		uint64_t gpr[16] = {
			[1] = 0x3c00, [11] = 0x10001, [12] = cases[i].gpa, [13] = cases[i].size
		};

		assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
		assert_int_equal(gpr[0], 0);
		assert_int_equal(gpr[10], cases[i].r10);
		if (cases[i].r10)
			assert_int_equal(gpr[11], cases[i].gpa);
		assert_int_equal(m.fake->calls, 0);
		td_finish(&m);
	}
}

static void test_map_gpa_retry(void **state)
{
	struct td m = td_start(48, 0x200000);
	uint64_t gpr[16] = { [1] = 0x3c00, [11] = 0x10001, [12] = 0x800000100000, [13] = 0x500000 };
	struct emu_tdx_stats stats;

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 1);
	assert_int_equal(gpr[11], 0x800000300000);
	assert_int_equal(emu_machine_state(m.emu, 0xff000), EMU_PAGE_FREE);
	assert_int_equal(emu_machine_state(m.emu, 0x100000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x2ff000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x300000), EMU_PAGE_FREE);
	gpr[10] = 0;
	gpr[12] = gpr[11];
	gpr[11] = 0x10001;
	gpr[13] = 0x300000;
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 1);
	assert_int_equal(gpr[11], 0x800000500000);
	gpr[10] = 0;
	gpr[12] = gpr[11];
	gpr[11] = 0x10001;
	gpr[13] = 0x100000;
	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[10], 0);
	assert_int_equal(emu_machine_state(m.emu, 0x5ff000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x600000), EMU_PAGE_FREE);
	emu_tdx_stats(m.tdx, &stats);
	assert_int_equal(stats.map_gpa_calls, 3);
	assert_int_equal(stats.retries, 2);
	td_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_gpa_errors),
		cmocka_unit_test(test_map_gpa_retry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
