/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* Shared accesses to pages that are not validated. What the host does at an #NPF: test_rmp.c. */

static void test_share_unused(void **state)
{
	struct guest m;
	uint32_t eax;
	bool cf;

	guest_start_host(&m, false);
	assert_true(emu_snp_share_unused(m.snp, 0x1abc));
	assert_int_equal(emu_machine_state(m.emu, 0x1000), EMU_PAGE_SHARED);
	assert_int_equal(emu_machine_state(m.emu, 0x2000), EMU_PAGE_FREE);
	assert_false(emu_snp_share_unused(m.snp, 0x800000));
	assert_int_equal(emu_snp_pvalidate(m.snp, 0, 0x3000, false, 0, 1, &eax, &cf), EMU_NEXT);
	assert_false(emu_snp_share_unused(m.snp, 0x3000));
	assert_int_equal(emu_machine_state(m.emu, 0x3000), EMU_PAGE_MAPPED);
	guest_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_unused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
