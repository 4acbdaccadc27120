/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* RDMSR and WRMSR. */

static void test_msr_access(void **state)
{
	struct guest m = guest_start(0);
	uint64_t value;

	/* Before anything is asked: versions 1 to 2, C-bit 51. */
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010130, &value), EMU_NEXT);
	assert_int_equal(value, 0x0002000133000001);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010131, &value), EMU_NEXT);
	assert_int_equal(value, 7);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010131, 0), EMU_GP);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010132, &value), EMU_GP);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0x10, 0), EMU_GP);
	/* Each vCPU has its own. */
	assert_int_equal(emu_snp_wrmsr(m.snp, 1, 0xc0010130, 0xabc000), EMU_NEXT);
	assert_int_equal(emu_snp_rdmsr(m.snp, 0, 0xc0010130, &value), EMU_NEXT);
	assert_int_equal(value, 0x0002000133000001);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_msr_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
