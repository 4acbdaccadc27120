/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/snp/guest.h"

/* The GHCB MSR protocol, GHCB specification 2.03, section 2.3.1. */

static void test_msr_protocol(void **state)
{
	static const struct {
		uint64_t request, response;
	} cases[] = {
		{ 0x002, 0x0002000133000001 },
		{ 0x010, 0xfffffffffffff011 },
		{ 0x0000000000005012, 0x0000000000005013 },
		{ 0x080, 0x0000000000001081 },
		{ 0x0010000000005014, 0x015 }, /* private */
		{ 0x0020000000005014, 0x015 }, /* shared */
		{ 0x0020000000900014, 0x015 }, /* what is no RAM is shared anyway */
		{ 0x0010000000900014, 0x8000000000000015 },
		{ 0x0000000000005014, 0x8000000000000015 },
		{ 0x0030000000005014, 0x8000000000000015 },
		{ 0x00f0000000005014, 0x8000000000000015 },
		{ 0xabcdef, 0xabcdef }, /* nothing that is known */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct guest m = guest_start(0);

		assert_int_equal(guest_msr(&m, cases[i].request), cases[i].response);
		guest_finish(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_msr_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
