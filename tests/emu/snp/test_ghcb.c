/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* What each request by the GHCB page must have: GHCB specification 2.03, sections 2.3.2 and 4. */

static void test_ghcb_checks(void **state)
{
	struct guest m = guest_start_ghcb(0);
	struct emu_stop stop;

	guest_prepare(&m, 0x8000fffd, 0);
	guest_expect_exit(&m, 0, 1); /* hypervisor features */
	guest_prepare(&m, 0x80000011, 0);
	guest_expect_exit(&m, 2, 6);
	guest_prepare(&m, 0x72, 0);
	guest_expect_exit(&m, 2, 6);
	for (unsigned field = 0; field < 4; field++) {
		guest_prepare(&m, 0x80000010, GHCB + 0x800);
		guest_put(&m, GHCB + 0x3f8, 0x003c000000000000 & ~(UINT64_C(1) << (50 + field)));
		guest_expect_exit(&m, 2, 4);
	}
	guest_prepare(&m, 0x8000fffd, 0);
	m.fake->shared[GHCB + 0xffc] = 1;
	guest_expect_exit(&m, 2, 2);
	guest_prepare(&m, 0x8000fffd, 0);
	m.fake->shared[GHCB + 0xffa] = 3;
	guest_expect_exit(&m, 2, 5);
	guest_prepare(&m, 0x8000fffd, 0);
	m.fake->shared[GHCB + 0xffa] = 0; /* OVMF, before it has negotiated */
	guest_expect_exit(&m, 0, 1);
	guest_finish(&m);

	/* Not registered. */
	m = guest_start(0);
	assert_int_equal(guest_msr(&m, GHCB | UINT64_C(2) << 52 | 0x014), 0x015);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, GHCB), EMU_NEXT);
	guest_prepare(&m, 0x8000fffd, 0);
	guest_expect_exit(&m, 2, 1);
	/* Not shared. */
	assert_int_equal(guest_msr(&m, 0x8000 | 0x012), 0x8013);
	assert_int_equal(emu_snp_wrmsr(m.snp, 0, 0xc0010130, 0x8000), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(stop.gpa, 0x8000);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ghcb_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
