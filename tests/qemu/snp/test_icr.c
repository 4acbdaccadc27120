/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "qemu/snp/icr.h"

/* Values as Linux and OVMF write them. */
static void test_kind(void **state)
{
	assert_int_equal(icr_kind(0x0000c500), ICR_INIT);     /* Linux: assert, level */
	assert_int_equal(icr_kind(0x00008500), ICR_INIT);     /* and de-assert */
	assert_int_equal(icr_kind(0x00000699), ICR_START_UP); /* Linux, to one */
	assert_int_equal(icr_kind(0x000c4500), ICR_INIT);     /* OVMF, to all others */
	assert_int_equal(icr_kind(0x000c4687), ICR_START_UP);
	assert_int_equal(icr_kind(0x000008fd), ICR_OTHER);
	assert_int_equal(icr_kind(0x00000402), ICR_OTHER); /* NMI */
	assert_int_equal(icr_kind(0x00000e99), ICR_OTHER); /* logical destination */
	assert_int_equal(icr_kind(0x000c4e87), ICR_START_UP);
}

static void test_names(void **state)
{
	static const struct {
		uint64_t icr;
		uint8_t named; /* bit n: APIC ID n; the sender is 1 */
	} cases[] = {
		{ 0x0000000200000699, 0x04 }, { 0x0000000000000699, 0x01 },
		{ 0xffffffff00000699, 0x0f }, { 0x000000ff00000699, 0x00 },
		{ 0x0000000000040699, 0x02 }, { 0x0000000000080699, 0x0f },
		{ 0x00000000000c0699, 0x0d }, { 0x00000002000c0699, 0x0d },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (unsigned id = 0; id < 4; id++)
			if (icr_names(cases[i].icr, 1, id) != (cases[i].named >> id & 1))
				fail_msg("case %zu, APIC ID %u", i, id);
}

static void test_halves(void **state)
{
	assert_int_equal(icr_of_halves(0x699, 0x02000000), 0x0000000200000699);
	assert_int_equal(icr_of_halves(0x699, 0x02ffffff), 0x0000000200000699);
	assert_int_equal(icr_of_halves(0x699, 0xff000000), 0xffffffff00000699);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
