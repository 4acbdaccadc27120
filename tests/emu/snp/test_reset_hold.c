/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* AP reset hold, and start-up interrupts. */

static uint64_t ghcb_msr(struct guest *m)
{
	uint64_t value;

	assert_int_equal(emu_snp_rdmsr(m->snp, 0, 0xc0010130, &value), EMU_NEXT);
	return value;
}

static void hold_by_msr(struct guest *m)
{
	assert_int_equal(emu_snp_wrmsr(m->snp, 0, 0xc0010130, 0x006), EMU_NEXT);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_SLEEP);
	assert_int_equal(ghcb_msr(m), 0x007);
}

/* Request 0x006 of the MSR protocol: 0x007, with a value that is not 0 after a start-up. */
static void test_reset_hold_by_msr(void **state)
{
	struct guest m;

	guest_start_host(&m, true);
	assert_false(emu_snp_start_up(m.snp, 0));
	hold_by_msr(&m);
	assert_false(emu_snp_start_up(m.snp, 1));
	assert_int_equal(ghcb_msr(&m), 0x007);
	assert_true(emu_snp_start_up(m.snp, 0));
	assert_int_equal(ghcb_msr(&m), 0x1007);
	/* The second of two start-up interrupts finds it running. */
	assert_false(emu_snp_start_up(m.snp, 0));
	/* Something else has woken it, and it has asked for another thing. */
	hold_by_msr(&m);
	assert_int_equal(guest_msr(&m, 0x080), 0x13081);
	assert_false(emu_snp_start_up(m.snp, 0));
	assert_int_equal(ghcb_msr(&m), 0x13081);
	assert_int_equal(m.holds, 2);
	guest_finish(&m);
}

static void hold_by_ghcb(struct guest *m)
{
	guest_request(m, 0x80000004, 0, 0);
	assert_int_equal(emu_snp_vmgexit(m->snp, 0), EMU_SLEEP);
	assert_int_equal(guest_get(m, GHCB + 0x398), 0);
	assert_int_equal(guest_get(m, GHCB + 0x3a0), 0);
	/* What a guest looks at first: SW_EXITINFO2 is valid. */
	assert_true(guest_is_valid(m, 0x3a0));
}

/* NAE event 0x80000004: SW_EXITINFO2 is not 0 after a start-up. */
static void test_reset_hold_by_ghcb(void **state)
{
	struct guest m;

	guest_start_host(&m, true);
	hold_by_ghcb(&m);
	assert_true(emu_snp_start_up(m.snp, 0));
	assert_int_equal(guest_get(&m, GHCB + 0x398), 0);
	assert_int_equal(guest_get(&m, GHCB + 0x3a0), 1);
	guest_put(&m, GHCB + 0x3a0, 0);
	assert_false(emu_snp_start_up(m.snp, 0));
	assert_int_equal(guest_get(&m, GHCB + 0x3a0), 0);

	hold_by_ghcb(&m);
	guest_request(&m, 0x8000fffd, 0, 0);
	guest_expect_answer(&m, 0, 0x13);
	assert_false(emu_snp_start_up(m.snp, 0));
	assert_int_equal(guest_get(&m, GHCB + 0x3a0), 0x13);
	assert_int_equal(m.holds, 2);
	assert_int_equal(m.calls, 0);
	guest_finish(&m);

	guest_start_host(&m, false);
	guest_request(&m, 0x80000004, 0, 0);
	guest_expect_answer(&m, 2, 6);
	assert_int_equal(guest_msr(&m, 0x006), 0x006);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_hold_by_msr),
		cmocka_unit_test(test_reset_hold_by_ghcb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
