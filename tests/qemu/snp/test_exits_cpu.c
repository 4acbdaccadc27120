/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "qemu/host/x86/cpu_state.h"
#include "qemu/snp/exits.h"
#include "qemu/snp/snp.h"

/* What the host answers for a processor. Its MSRs and CPUID leaves here are told apart by value. */
struct snp snp;

static struct emu_ghcb_event event;
static uint32_t written_msr;
static uint64_t written;
static bool is_apics;

/* Which the processor raises #GP for: an MSR of x2APIC in xAPIC mode. */
#define X2APIC_ID 0x802

bool qemu_rdmsr(unsigned vcpu, uint32_t msr, uint64_t *value)
{
	if (msr == X2APIC_ID)
		return false;
	*value = UINT64_C(0x1234500000000) + msr;
	return true;
}

bool qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	if (msr == X2APIC_ID)
		return false;
	written_msr = msr;
	written = value;
	return true;
}

bool snp_apic_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	return is_apics;
}

void snp_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	for (uint32_t i = 0; i < 4; i++)
		out[i] = leaf << 8 | subleaf << 4 | i;
}

static void test_cpuid(void **state)
{
	event = (struct emu_ghcb_event){ .rax = UINT64_C(0xff0000000d), .rcx = 1 };
	assert_int_equal(snp_exit_cpuid(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 0xd10);
	assert_int_equal(event.rbx, 0xd11);
	assert_int_equal(event.rcx, 0xd12);
	assert_int_equal(event.rdx, 0xd13);
}

/* GHCB specification 2.03, table 5: request 0x004 with the leaf in 63:32 and the register in 31:30;
 * response 0x005 with its value in 63:32. */
static void test_cpuid_by_msr(void **state)
{
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t value = UINT64_C(7) << 32 | i << 30 | 0x004;

		snp_msr_cpuid(0, &value);
		assert_int_equal(value, (UINT64_C(0x700) + i) << 32 | i << 30 | 0x005);
	}
}

static void test_msr(void **state)
{
	event = (struct emu_ghcb_event){ .info1 = 0, .rcx = 0x1b };
	assert_int_equal(snp_exit_msr(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 0x1b);
	assert_int_equal(event.rdx, 0x12345);

	event = (struct emu_ghcb_event){ .info1 = 1, .rcx = 0x10, .rax = 5, .rdx = 6 };
	assert_int_equal(snp_exit_msr(0, &event), EMU_GHCB_DONE);
	assert_int_equal(written_msr, 0x10);
	assert_int_equal(written, UINT64_C(0x600000005));

	/* A message to a vCPU in a reset hold is not the APIC's. */
	is_apics = true;
	written_msr = 0;
	event = (struct emu_ghcb_event){ .info1 = 1, .rcx = 0x830 };
	assert_int_equal(snp_exit_msr(0, &event), EMU_GHCB_DONE);
	assert_int_equal(written_msr, 0);

	is_apics = false;
	for (uint64_t write = 0; write < 2; write++) {
		event = (struct emu_ghcb_event){ .info1 = write, .rcx = X2APIC_ID, .rax = 1 };
		assert_int_equal(snp_exit_msr(0, &event), EMU_GHCB_GP);
		assert_int_equal(event.rax, 1);
	}

	event = (struct emu_ghcb_event){ .info1 = 2 };
	assert_int_equal(snp_exit_msr(0, &event), EMU_GHCB_INVALID);
}

static void test_dr7(void **state)
{
	snp.vcpu[0].dr7 = snp.vcpu[1].dr7 = 0x400;
	event = (struct emu_ghcb_event){ .rax = 0x755 };
	assert_int_equal(snp_exit_dr7_write(1, &event), EMU_GHCB_DONE);
	event.rax = 0;
	assert_int_equal(snp_exit_dr7_read(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 0x400);
	assert_int_equal(snp_exit_dr7_read(1, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 0x755);
}

static void test_rdpmc(void **state)
{
	event = (struct emu_ghcb_event){ .rcx = UINT64_C(0xffffffff00000003) };
	assert_int_equal(snp_exit_rdpmc(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 0xc0010007);
	assert_int_equal(event.rdx, 0x12345);
	event.rcx = 4;
	assert_int_equal(snp_exit_rdpmc(0, &event), EMU_GHCB_GP);
}

static void test_vmmcall(void **state)
{
	event = (struct emu_ghcb_event){ .rax = 1 };
	assert_int_equal(snp_exit_vmmcall(0, &event), EMU_GHCB_DONE);
	assert_true((int64_t)event.rax == -1000);
	event = (struct emu_ghcb_event){ .rax = 1, .cpl = 3 };
	assert_int_equal(snp_exit_vmmcall(0, &event), EMU_GHCB_DONE);
	assert_true((int64_t)event.rax == -1);
}

static void test_no_effect(void **state)
{
	event = (struct emu_ghcb_event){ .rax = 1, .info2 = 7 };
	assert_int_equal(snp_exit_no_effect(0, &event), EMU_GHCB_DONE);
	assert_int_equal(event.rax, 1);
	assert_int_equal(event.info2, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid),	  cmocka_unit_test(test_cpuid_by_msr),
		cmocka_unit_test(test_msr),	  cmocka_unit_test(test_dr7),
		cmocka_unit_test(test_rdpmc),	  cmocka_unit_test(test_vmmcall),
		cmocka_unit_test(test_no_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
