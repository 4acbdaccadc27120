/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/sev_cpuid.h"

static void test_adjust(void **state)
{
	struct cpuid_regs regs = { 0x80000008, 1, 2, 3 };

	snp_cpuid_adjust(0x80000000, 51, 5, &regs);
	assert_int_equal(regs.eax, 0x8000001f);
	assert_int_equal(regs.edx, 3);
	regs.eax = 0x80000026;
	snp_cpuid_adjust(0x80000000, 51, 5, &regs);
	assert_int_equal(regs.eax, 0x80000026);
	snp_cpuid_adjust(0x8000001e, 51, 5, &regs);
	assert_int_equal(regs.eax, 0x80000026);
	snp_cpuid_adjust(0x8000001f, 51, 5, &regs);
	assert_int_equal(regs.eax, 0x1a);
	assert_int_equal(regs.ebx, 0x80000000 | 5 << 6 | 51);
	assert_int_equal(regs.ecx | regs.edx, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adjust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
