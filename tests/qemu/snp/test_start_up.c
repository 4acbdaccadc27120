/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/snp/snp.h"

/* Messages of one vCPU to others, some of which are in an AP reset hold. */
#define INIT(to)     (UINT64_C(to) << 32 | 0x4500)
#define START_UP(to) (UINT64_C(to) << 32 | 0x4610)
#define FIXED(to)    (UINT64_C(to) << 32 | 0x4031)
#define ICR_MSR	     0x830

struct guest guest = { .vcpus = 4 };
struct snp snp;
static unsigned ran, woken;
static uint32_t icr_high;
static bool holds;

uint32_t snp_apic_id(unsigned vcpu)
{
	return vcpu * 2;
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	assert_int_equal(gpa, 0xfee00310);
	memcpy(buffer, &icr_high, size);
	return true;
}

void qemu_run_on(unsigned vcpu, void (*call)(unsigned vcpu))
{
	ran |= 1u << vcpu;
	call(vcpu);
}

void qemu_wake(unsigned vcpu)
{
	woken |= 1u << vcpu;
}

bool emu_snp_start_up(struct emu_snp *emu, unsigned vcpu)
{
	return holds;
}

static int set_up(void **state)
{
	memset(&snp, 0, sizeof(snp));
	ran = woken = 0;
	holds = true;
	return 0;
}

static void test_hold(void **state)
{
	/* Nobody holds: all of it is the APIC's. */
	assert_false(snp_apic_wrmsr(0, ICR_MSR, START_UP(2)));
	snp_reset_hold(NULL, 1);
	assert_int_equal(snp.vcpu[1].exits[SNP_EXIT_RESET_HOLD], 1);
	assert_true(snp_apic_wrmsr(0, ICR_MSR, INIT(2)));
	assert_int_equal(ran, 0);
	assert_true(snp_apic_wrmsr(0, ICR_MSR, START_UP(2)));
	assert_int_equal(ran, 1 << 1);
	assert_int_equal(woken, 1 << 1);
	/* Another vCPU, another message, another register. */
	assert_false(snp_apic_wrmsr(0, ICR_MSR, START_UP(4)));
	assert_false(snp_apic_wrmsr(0, ICR_MSR, FIXED(2)));
	assert_false(snp_apic_wrmsr(0, 0x83f, START_UP(2)));
}

/* To all but the sender: those that have held take notice, the others do not. */
static void test_broadcast(void **state)
{
	const uint64_t others = 3 << 18;

	snp_reset_hold(NULL, 1);
	snp_reset_hold(NULL, 3);
	assert_true(snp_apic_wrmsr(0, ICR_MSR, START_UP(0) | others));
	assert_int_equal(woken, 1 << 1 | 1 << 3);
	woken = 0;
	assert_true(snp_apic_wrmsr(1, ICR_MSR, START_UP(0) | others));
	assert_int_equal(woken, 1 << 3);
	/* A second start-up interrupt has no effect. */
	woken = 0;
	holds = false;
	assert_true(snp_apic_wrmsr(0, ICR_MSR, START_UP(0) | others));
	assert_int_equal(woken, 0);
}

/* xAPIC's two halves, the destination in bits 31:24 of the second. */
static void test_xapic(void **state)
{
	uint32_t low = (uint32_t)START_UP(0);

	snp_reset_hold(NULL, 3);
	icr_high = 6u << 24;
	assert_true(snp_apic_write(0, 0xfee00300, &low, 4));
	assert_int_equal(woken, 1 << 3);
	icr_high = 4u << 24;
	assert_false(snp_apic_write(0, 0xfee00300, &low, 4));
	icr_high = 6u << 24;
	assert_false(snp_apic_write(0, 0xfee00310, &low, 4));
	assert_false(snp_apic_write(0, 0xfee00300, &low, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_hold, set_up),
		cmocka_unit_test_setup(test_broadcast, set_up),
		cmocka_unit_test_setup(test_xapic, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
