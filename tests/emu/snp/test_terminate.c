/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* Termination requests, by the MSR and by the GHCB page. */

static void test_terminate(void **state)
{
	struct guest m = guest_start(0);
	struct emu_stop stop;

	/* Set 1, reason 2: "PVALIDATE failed", says Linux. */
	assert_int_equal(emu_snp_wrmsr(m.snp, 1, 0xc0010130, 0x21100), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m.snp, 1), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(stop.vcpu, 1);
	assert_int_equal(stop.code, 0x21);
	assert_int_equal(stop.gpa, UINT64_MAX);
	assert_non_null(strstr(stop.text, "set 1, code 2"));
	guest_finish(&m);

	m = guest_start_ghcb(0);
	guest_prepare(&m, 0x8000fffe, 0);
	guest_put(&m, GHCB + 0x398, 0x21);
	assert_int_equal(emu_snp_vmgexit(m.snp, 0), EMU_STOP);
	emu_stop_get(m.emu, &stop);
	assert_int_equal(stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(stop.code, 0x21);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
