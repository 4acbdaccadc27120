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

static void test_as_kvm(void **state)
{
	struct cpuid_regs regs = { 1, 2, 0xffffffff, 4 };
	char signature[13] = { 0 };

	snp_cpuid_as_kvm(0, &regs);
	assert_int_equal(regs.ecx, 0xffffffff);
	snp_cpuid_as_kvm(1, &regs);
	assert_int_equal(regs.eax, 1);
	assert_int_equal(regs.ebx, 2);
	assert_int_equal(regs.ecx, 0xfffffff7);
	assert_int_equal(regs.edx, 4);
	snp_cpuid_as_kvm(0x40000000, &regs);
	assert_int_equal(regs.eax, 0x40000001);
	memcpy(signature, &regs.ebx, 12);
	assert_string_equal(signature, "KVMKVMKVM");
	assert_int_equal(signature[9] | signature[10] | signature[11], 0);
	snp_cpuid_as_kvm(0x40000001, &regs);
	assert_int_equal(regs.eax | regs.ebx | regs.ecx | regs.edx, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adjust),
		cmocka_unit_test(test_as_kvm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
