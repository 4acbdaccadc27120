/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/metal.h>

#include "tests/platform/fake_cpu.h"

/* The module's answers and the host's: TDX module ABI, TDG.VP.VEINFO.GET; GHCI 1.5, chapter 3. */

enum { VEINFO_GET = 3 };
#define SHARED UINT64_C(0x800000000000)
#define RIP    UINT64_C(0x1000)

static struct {
	greg_t status, reason, qualification, gpa, length;
} ve;

static greg_t asked[NGREG];
static unsigned infos, calls;
static bool rejects;

static void on_tdcall(greg_t *regs)
{
	if (regs[REG_RAX] == VEINFO_GET) {
		infos++;
		regs[REG_RAX] = ve.status;
		regs[REG_RCX] = ve.reason;
		regs[REG_RDX] = ve.qualification;
		regs[REG_R8] = 0;
		regs[REG_R9] = ve.gpa;
		regs[REG_R10] = ve.length;
		return;
	}
	/* The host is asked only once the information was read: else the next #VE is a #DF. */
	assert_int_equal(infos, 1);
	calls++;
	memcpy(asked, regs, sizeof(asked));
	regs[REG_R10] = rejects ? (greg_t)UINT64_C(0x8000000000000000) : 0;
	regs[REG_R11] = (greg_t)UINT64_C(0x8182838485868788);
	regs[REG_R12] = 0x12;
	regs[REG_R13] = 0x13;
	regs[REG_R14] = 0x14;
	regs[REG_R15] = 0x15;
}

static uint64_t faulted;
static int verdict;

static int not_accepted(void *ctx, uint64_t gpa)
{
	assert_ptr_equal(ctx, &verdict);
	faulted = gpa;
	return verdict;
}

static struct cvm_exception_frame frame;
static struct cvm_tdx tdx;

static int take(greg_t reason, greg_t qualification, greg_t gpa, greg_t length)
{
	static const struct cvm_exception_config config = { .not_accepted = not_accepted,
							    .ctx = &verdict };

	fake_cpu_begin();
	fake_cpu.tdcall = on_tdcall;
	tdx.shared_mask = SHARED;
	ve.reason = reason;
	ve.qualification = qualification;
	ve.gpa = gpa;
	/* Its upper half is other information. */
	ve.length = length | (greg_t)0xffff << 32;
	infos = calls = 0;
	faulted = 0;
	return cvm_tdx_handle_ve(&tdx, &config, &frame);
}

static void begin(void)
{
	memset(&frame, 0, sizeof(frame));
	for (unsigned i = 0; i < 16; i++)
		frame.gpr[i] = UINT64_C(0xa0a0a0a0a0a0a000) + i;
	frame.rip = RIP;
	ve.status = 0;
	rejects = false;
	verdict = 0;
}

static void test_cpuid(void **state)
{
	begin();
	frame.gpr[0] = 0x40000000;
	frame.gpr[1] = 7;
	assert_int_equal(take(10, 0, 0, 2), 0);
	assert_int_equal(asked[REG_R11], 10);
	assert_int_equal(asked[REG_R12], 0x40000000);
	assert_int_equal(asked[REG_R13], 7);
	assert_int_equal(frame.gpr[0], 0x12);
	assert_int_equal(frame.gpr[3], 0x13);
	assert_int_equal(frame.gpr[1], 0x14);
	assert_int_equal(frame.gpr[2], 0x15);
	assert_int_equal(frame.rip, RIP + 2);
}

/* inw from 0x1f0, outl to 0xcf8. */
static void test_ports(void **state)
{
	begin();
	assert_int_equal(take(30, 0x01f00009, 0, 1), 0);
	assert_int_equal(asked[REG_R11], 30);
	assert_int_equal(asked[REG_R12], 2);
	assert_int_equal(asked[REG_R13], 0);
	assert_int_equal(asked[REG_R14], 0x1f0);
	assert_int_equal(frame.gpr[0], UINT64_C(0xa0a0a0a0a0a08788));
	assert_int_equal(frame.rip, RIP + 1);
	assert_int_equal(take(30, 0x0cf80003, 0, 2), 0);
	assert_int_equal(asked[REG_R12], 4);
	assert_int_equal(asked[REG_R13], 1);
	assert_int_equal(asked[REG_R14], 0xcf8);
	assert_int_equal(asked[REG_R15], 0xa0a08788);
	assert_int_equal(frame.rip, RIP + 3);
	/* A string instruction. */
	assert_int_equal(take(30, 0x01f00019, 0, 1), CVM_EINVAL);
	assert_int_equal(calls, 0);
	assert_int_equal(frame.rip, RIP + 3);
}

static void test_msrs(void **state)
{
	begin();
	frame.gpr[1] = UINT64_C(0xffffffff0000001b);
	assert_int_equal(take(31, 0, 0, 2), 0);
	assert_int_equal(asked[REG_R11], 31);
	assert_int_equal(asked[REG_R12], 0x1b);
	assert_int_equal(frame.gpr[0], 0x85868788);
	assert_int_equal(frame.gpr[2], 0x81828384);
	assert_int_equal(take(32, 0, 0, 2), 0);
	assert_int_equal(asked[REG_R13], (greg_t)UINT64_C(0x8182838485868788));
	assert_int_equal(frame.rip, RIP + 4);
}

static void test_halt(void **state)
{
	begin();
	frame.rflags = 0x202;
	assert_int_equal(take(12, 0, 0, 1), 0);
	assert_int_equal(asked[REG_R11], 12);
	assert_int_equal(asked[REG_R12], 0);
	frame.rflags = 2;
	assert_int_equal(take(12, 0, 0, 1), 0);
	assert_int_equal(asked[REG_R12], 1);
	assert_int_equal(frame.rip, RIP + 2);
}

/* movl (%rdi), %ecx and movb %dl, 5(%rdi); whose length the module does not know. */
static void test_device_memory(void **state)
{
	static const uint8_t load[] = { 0x8b, 0x0f }, store[] = { 0x88, 0x57, 0x05 };

	begin();
	frame.rip = (uintptr_t)load;
	assert_int_equal(take(48, 0x181, (greg_t)(SHARED | 0xfee00020), 99), 0);
	assert_int_equal(asked[REG_R11], 48);
	assert_int_equal(asked[REG_R12], 4);
	assert_int_equal(asked[REG_R13], 0);
	assert_int_equal(asked[REG_R14], 0xfee00020);
	assert_int_equal(frame.gpr[1], 0x85868788);
	assert_int_equal(frame.rip, (uintptr_t)load + 2);
	frame.rip = (uintptr_t)store;
	assert_int_equal(take(48, 0x182, (greg_t)(SHARED | 0xfee00025), 99), 0);
	assert_int_equal(asked[REG_R12], 1);
	assert_int_equal(asked[REG_R13], 1);
	assert_int_equal(asked[REG_R15], 0x02);
	assert_int_equal(frame.rip, (uintptr_t)store + 3);
	assert_int_equal(faulted, 0);
}

/* The instruction is executed again, or the error is the caller's. */
static void test_not_accepted(void **state)
{
	struct cvm_exception_frame before;

	begin();
	before = frame;
	assert_int_equal(take(48, 0x181, 0x12345678, 0), 0);
	assert_int_equal(faulted, 0x12345678);
	verdict = CVM_EALREADY;
	assert_int_equal(take(48, 0x181, 0x12345678, 0), CVM_EALREADY);
	assert_int_equal(calls, 0);
	assert_memory_equal(&frame, &before, sizeof(frame));
}

/* Nothing of the context changes. */
static void test_rejected(void **state)
{
	static const uint8_t load[] = { 0x8b, 0x0f };
	static const greg_t reasons[] = { 10, 30, 31, 48 };
	struct cvm_exception_frame before;

	begin();
	rejects = true;
	frame.rip = (uintptr_t)load;
	before = frame;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(take(reasons[i], 8, (greg_t)SHARED, 1), CVM_EIO);
	assert_int_equal(take(54, 0, 0, 2), CVM_EINVAL);
	ve.status = (greg_t)UINT64_C(0xc000070400000000);
	assert_int_equal(take(10, 0, 0, 2), CVM_EIO);
	assert_memory_equal(&frame, &before, sizeof(frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid),	      cmocka_unit_test(test_ports),
		cmocka_unit_test(test_msrs),	      cmocka_unit_test(test_halt),
		cmocka_unit_test(test_device_memory), cmocka_unit_test(test_not_accepted),
		cmocka_unit_test(test_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
