/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/metal.h>

#include "tests/platform/fake_cpu.h"

/* Registers as GHCI 1.5, chapter 3, prints them for each sub-function. */

static greg_t asked[NGREG], answer[NGREG];

static void on_tdcall(greg_t *regs)
{
	static const int changed[] = {
		REG_RAX, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15
	};

	memcpy(asked, regs, sizeof(asked));
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
		regs[changed[i]] = answer[changed[i]];
}

static void begin(void)
{
	fake_cpu_begin();
	fake_cpu.tdcall = on_tdcall;
	memset(answer, 0, sizeof(answer));
}

static void check(greg_t r11, greg_t r12, greg_t r13, greg_t r14)
{
	assert_int_equal(asked[REG_RAX], 0);
	assert_int_equal(asked[REG_RCX], 0xfc00);
	assert_int_equal(asked[REG_R10], 0);
	assert_int_equal(asked[REG_R11], r11);
	assert_int_equal(asked[REG_R12], r12);
	assert_int_equal(asked[REG_R13], r13);
	assert_int_equal(asked[REG_R14], r14);
}

static void test_ports(void **state)
{
	uint32_t value = 7;

	begin();
	answer[REG_R11] = 0x1234567890;
	assert_int_equal(cvm_tdx_in(0x3f8, 1, &value), 0);
	check(30, 1, 0, 0x3f8);
	assert_int_equal(value, 0x90);
	assert_int_equal(cvm_tdx_in(0xcfc, 4, &value), 0);
	check(30, 4, 0, 0xcfc);
	assert_int_equal(value, 0x34567890);
	assert_int_equal(cvm_tdx_out(0x604, 2, 0x2000), 0);
	check(30, 2, 1, 0x604);
	assert_int_equal(asked[REG_R15], 0x2000);
	assert_int_equal(cvm_tdx_in(0x3f8, 3, &value), CVM_EINVAL);
	assert_int_equal(cvm_tdx_out(0x3f8, 8, 0), CVM_EINVAL);
}

static void test_cpuid(void **state)
{
	struct cvm_cpuid out;

	begin();
	answer[REG_R12] = 1;
	answer[REG_R13] = 2;
	answer[REG_R14] = 3;
	answer[REG_R15] = 4;
	assert_int_equal(cvm_tdx_cpuid(0x40000000, 5, &out), 0);
	check(10, 0x40000000, 5, 0);
	assert_int_equal(out.eax, 1);
	assert_int_equal(out.ebx, 2);
	assert_int_equal(out.ecx, 3);
	assert_int_equal(out.edx, 4);
}

static void test_msrs(void **state)
{
	uint64_t value = 0;

	begin();
	answer[REG_R11] = 0x0102030405060708;
	assert_int_equal(cvm_tdx_rdmsr(0x1b, &value), 0);
	check(31, 0x1b, 0, 0);
	assert_int_equal(value, 0x0102030405060708);
	assert_int_equal(cvm_tdx_wrmsr(0x6e0, 0xf0f0f0f0f0), 0);
	check(32, 0x6e0, 0xf0f0f0f0f0, 0);
}

static void test_mmio(void **state)
{
	uint64_t value = 0;

	begin();
	answer[REG_R11] = -1;
	assert_int_equal(cvm_tdx_mmio_read(0xfee00020, 4, &value), 0);
	check(48, 4, 0, 0xfee00020);
	assert_int_equal(value, 0xffffffff);
	assert_int_equal(cvm_tdx_mmio_read(0xfed00000, 8, &value), 0);
	assert_int_equal(value, UINT64_MAX);
	assert_int_equal(cvm_tdx_mmio_write(0xfed00010, 8, 1), 0);
	check(48, 8, 1, 0xfed00010);
	assert_int_equal(asked[REG_R15], 1);
	assert_int_equal(cvm_tdx_mmio_write(0xfed00010, 0, 1), CVM_EINVAL);
}

static void test_halt(void **state)
{
	begin();
	assert_int_equal(cvm_tdx_halt(true), 0);
	check(12, 1, 0, 0);
}

/* The leaf fails, or the host says no: nothing that it left is taken. */
static void test_rejected(void **state)
{
	static const int where[] = { REG_RAX, REG_R10 };

	for (size_t i = 0; i < 2; i++) {
		struct cvm_cpuid out = { 9, 9, 9, 9 };
		uint64_t msr = 9;
		uint32_t port = 9;

		begin();
		memset(answer, 0x11, sizeof(answer));
		answer[REG_RAX] = answer[REG_R10] = 0;
		answer[where[i]] = (greg_t)UINT64_C(0x8000000000000000);
		assert_int_equal(cvm_tdx_in(0x3f8, 1, &port), CVM_EIO);
		assert_int_equal(port, 9);
		assert_int_equal(cvm_tdx_rdmsr(0x1b, &msr), CVM_EIO);
		assert_int_equal(cvm_tdx_mmio_read(0xfee00000, 4, &msr), CVM_EIO);
		assert_int_equal(msr, 9);
		assert_int_equal(cvm_tdx_cpuid(0, 0, &out), CVM_EIO);
		assert_int_equal(out.eax, 9);
		assert_int_equal(cvm_tdx_out(0x3f8, 1, 0), CVM_EIO);
		assert_int_equal(cvm_tdx_halt(false), CVM_EIO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports), cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_msrs),  cmocka_unit_test(test_mmio),
		cmocka_unit_test(test_halt),  cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
