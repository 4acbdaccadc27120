/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "qemu/cca/cca.h"

/* Numbers from SMCCC 1.2 and PSCI 1.1. */
static void test_kind(void **state)
{
	assert_int_equal(cca_smc_kind(0x84000000, 0), CCA_SMC_PSCI); /* PSCI_VERSION */
	assert_int_equal(cca_smc_kind(0xc4000003, 1), CCA_SMC_PSCI); /* CPU_ON */
	assert_int_equal(cca_smc_kind(0x84000008, 0), CCA_SMC_PSCI); /* SYSTEM_OFF */
	assert_int_equal(cca_smc_kind(0x8400000a, 0xc4000001), CCA_SMC_PSCI);
	assert_int_equal(cca_smc_kind(0x8400000a, 0x80000000), CCA_SMC_SMCCC);
	assert_int_equal(cca_smc_kind(0x80000000, 0), CCA_SMC_SMCCC);
	assert_int_equal(cca_smc_kind(0x80000001, 0), CCA_SMC_SMCCC);
	assert_int_equal(cca_smc_kind(0x84000020, 0), CCA_SMC_UNKNOWN);
	assert_int_equal(cca_smc_kind(0x83ffffff, 0), CCA_SMC_UNKNOWN);
	assert_int_equal(cca_smc_kind(UINT64_C(0x184000000), 0), CCA_SMC_UNKNOWN);
}

static void test_answers(void **state)
{
	assert_int_equal(cca_smccc(0x80000000, 0), 0x10002);
	assert_int_equal(cca_smccc(0x80000001, 0x80000000), 0);
	assert_int_equal(cca_smccc(0x8400000a, 0x80000000), 0);
	/* SMCCC_ARCH_WORKAROUND_1, SMCCC_ARCH_SOC_ID, TRNG_VERSION. */
	assert_true(cca_smccc(0x80000001, 0x80008000) == UINT64_MAX);
	assert_true(cca_smccc(0x80000002, 0) == UINT64_MAX);
	assert_true(cca_smccc(0x84000050, 0) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
