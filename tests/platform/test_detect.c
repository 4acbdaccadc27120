/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cvmem/platform.h>

#include "tests/platform/fake_cpu.h"

/* What CPUID says: the extended leaves end at `max`. */
static struct {
	uint32_t hypervisor, max, sev;
} processor;

static void cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	*out = (struct cvm_cpuid){ 0 };
	if (leaf == 1)
		out->ecx = processor.hypervisor;
	else if (leaf == 0x80000000)
		out->eax = processor.max;
	else if (leaf == 0x8000001f)
		out->eax = processor.sev;
}

static void test_detection(void **state)
{
	const struct {
		uint32_t hypervisor, max, sev;
		uint64_t status;
		enum cvm_platform_kind expected;
		unsigned reads;
	} cases[] = {
		{ 1u << 31, 0x8000001f, 1 << 1, 1 << 2, CVM_PLATFORM_SNP, 1 },
		/* SEV-ES is not enough. */
		{ 1u << 31, 0x80000022, 1 << 1, 3, CVM_PLATFORM_NONE, 1 },
		/* The MSR need not exist. */
		{ 0, 0x8000001f, 1 << 1, 1 << 2, CVM_PLATFORM_NONE, 0 },
		{ 1u << 31, 0x8000001e, 1 << 1, 1 << 2, CVM_PLATFORM_NONE, 0 },
		{ 1u << 31, 0x8000001f, 1 << 4, 1 << 2, CVM_PLATFORM_NONE, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_cpu_begin();
		processor.hypervisor = cases[i].hypervisor;
		processor.max = cases[i].max;
		processor.sev = cases[i].sev;
		fake_cpu.sev_status = cases[i].status;
		assert_int_equal(cvm_platform_detect(cpuid), cases[i].expected);
		assert_int_equal(fake_cpu.sev_status_reads, cases[i].reads);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
