/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cvmem/metal.h>

#include "tests/platform/fake_cpu.h"

/* Values as GHCB specification 2.03, section 2.3.1, prints them. */

#define BEFORE UINT64_C(0x77000)

static struct cvm_snp snp;
static uint64_t asked[8], answer[8];
static unsigned exits;

static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	asked[exits] = fake_cpu.ghcb_msr;
	fake_cpu.ghcb_msr = answer[exits++];
}

static void begin(void)
{
	const struct cvm_snp_config config = { .evict = CVM_SNP_EVICT_NEVER,
					       .vmgexit = on_vmgexit };

	fake_cpu_begin();
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
	fake_cpu.ghcb_msr = BEFORE;
	exits = 0;
}

static void test_cpuid(void **state)
{
	struct cvm_cpuid out = { 9, 9, 9, 9 };

	begin();
	for (uint64_t i = 0; i < 4; i++)
		answer[i] = (0x10 + i) << 32 | i << 30 | 5;
	assert_int_equal(cvm_snp_msr_cpuid(&snp, 0x8000001f, &out), 0);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(asked[i], UINT64_C(0x8000001f) << 32 | i << 30 | 4);
	assert_int_equal(out.eax, 0x10);
	assert_int_equal(out.ebx, 0x11);
	assert_int_equal(out.ecx, 0x12);
	assert_int_equal(out.edx, 0x13);
	assert_int_equal(fake_cpu.ghcb_msr, BEFORE);

	begin();
	answer[2] = 0x100; /* a termination request is no answer */
	assert_int_equal(cvm_snp_msr_cpuid(&snp, 0, &out), CVM_EIO);
	assert_int_equal(out.eax, 0x10);
	assert_int_equal(fake_cpu.ghcb_msr, BEFORE);
}

static void test_c_bit(void **state)
{
	static const struct {
		uint64_t answer;
		int expected;
	} cases[] = {
		{ UINT64_C(0x0002000133000001), 0 },
		{ UINT64_C(0x0002000133000002), CVM_EIO }, /* not that answer */
		{ UINT64_C(0x000200011f000001), CVM_EIO }, /* 31: among the addresses of a PC */
		{ UINT64_C(0x0002000134000001), CVM_EIO }, /* 52: no bit of an address */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned c_bit = 9;

		begin();
		answer[0] = cases[i].answer;
		assert_int_equal(cvm_snp_msr_c_bit(&snp, &c_bit), cases[i].expected);
		assert_int_equal(asked[0], 2);
		assert_int_equal(c_bit, cases[i].expected ? 9 : 51);
		assert_int_equal(fake_cpu.ghcb_msr, BEFORE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_c_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
