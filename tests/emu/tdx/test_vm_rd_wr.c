/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/tdx/td.h"

/* TDG.VM.RD and TDG.VM.WR, numbers as the ABI specification prints them. */

static uint64_t vm_rd(struct td *m, uint64_t field, uint64_t *value)
{
	uint64_t gpr[16] = { [0] = 7, [2] = field, [8] = 0x1234 };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	*value = gpr[8];
	return gpr[0];
}

static uint64_t vm_wr(struct td *m, uint64_t field, uint64_t value, uint64_t mask,
		      uint64_t *previous)
{
	uint64_t gpr[16] = { [0] = 8, [2] = field, [8] = value, [9] = mask };

	assert_int_equal(emu_tdx_tdcall(m->tdx, 0, gpr), EMU_NEXT);
	*previous = gpr[8];
	return gpr[0];
}

static void test_fields(void **state)
{
	struct td m = td_start(48, 0);
	struct td wide = td_start(52, 0);
	uint64_t gpr[16] = { [0] = 7, [1] = 1, [2] = 0x1110000300000017 };
	uint64_t value;

	assert_int_equal(vm_rd(&m, 0x1110000300000017, &value), 0);
	assert_int_equal(value, 1); /* PENDING_VE_DISABLE, from the attribute */
	assert_int_equal(vm_rd(&m, 0x1110000300000016, &value), 0);
	assert_int_equal(value, 2); /* FLEXIBLE_PENDING_VE */
	assert_int_equal(vm_rd(&wide, 0x1110000300000016, &value), 0);
	assert_int_equal(value, 3); /* and GPAW */
	assert_int_equal(vm_rd(&m, 0x9100000000000010, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(vm_rd(&m, 0x9100000000000019, &value), 0);
	assert_int_equal(value, 0);
	/* The context code, bits 54:52, is not looked at. */
	assert_int_equal(vm_rd(&m, 0x1100000300000017, &value), 0);

	assert_int_equal(vm_rd(&m, 0x1110000300000018, &value), 0xC0000C0000000000);
	assert_int_equal(value, 0);
	assert_int_equal(vm_wr(&m, 0x42, 0, 0, &value), 0xC0000C0000000000);

	assert_int_equal(vm_wr(&m, 0x1110000300000017, 0, 1, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 1, 1, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 0, 0, &value), 0);
	assert_int_equal(vm_rd(&m, 0x1110000300000017, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(vm_wr(&m, 0x9100000000000010, 1, UINT64_MAX, &value), 0);
	assert_int_equal(vm_rd(&m, 0x9100000000000010, &value), 0);
	assert_int_equal(value, 1);
	/* A bit that may not be changed; a field that may not be written. */
	assert_int_equal(vm_wr(&m, 0x1110000300000017, 2, 2, &value), 0xC0000C0100000000);
	assert_int_equal(vm_wr(&m, 0x1110000300000016, 2, 2, &value), 0xC0000C0100000000);

	assert_int_equal(emu_tdx_tdcall(m.tdx, 0, gpr), EMU_NEXT);
	assert_int_equal(gpr[0], 0xC000010000000001);
	td_finish(&m);
	td_finish(&wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
