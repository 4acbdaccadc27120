/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/origin.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/forgotten.h"
#include "qemu/memory/violation.h"

/* What happens at an access that hardware would not allow, by policy and initiator. */
struct guest guest;

static uintptr_t host_pc;
static enum qemu_origin origin;
static bool allowed, stopped;
static char said[256];
static jmp_buf left;
enum { RETURNED, BLOCKED, RAISED };
static struct platform_access raised;

static bool allows(const struct platform_access *access)
{
	return allowed;
}

static const char *state_name(uint64_t gpa)
{
	return "pending";
}

static __attribute__((noreturn)) void raise_exception(const struct platform_access *access)
{
	raised = *access;
	longjmp(left, RAISED);
}

static const struct platform fake = {
	.unaccepted = "to do",
	.address = "GPA",
	.counter = "RIP",
	.allows = allows,
	.state_name = state_name,
	.raise = raise_exception,
};
const struct platform *platform = &fake;

unsigned qemu_this_vcpu(void)
{
	return 3;
}

uintptr_t qemu_trap_host_pc(unsigned vcpu)
{
	assert_int_equal(vcpu, 3);
	return host_pc;
}

enum qemu_origin qemu_origin(void)
{
	return origin;
}

uint64_t qemu_rip_at(unsigned vcpu, uintptr_t at)
{
	assert_int_equal(at, host_pc);
	return 0x1234;
}

void guest_stop(int status, const char *format, ...)
{
	va_list args;

	assert_int_equal(status, GUEST_EXIT_VIOLATION);
	va_start(args, format);
	vsnprintf(said, sizeof(said), format, args);
	va_end(args);
	stopped = true;
}

bool guest_is_stopped(void)
{
	return stopped;
}

void guest_block_vcpu(unsigned vcpu, uintptr_t at)
{
	assert_int_equal(vcpu, 3);
	longjmp(left, BLOCKED);
}

/* *done: whether to perform the access, if the function returns. */
static int access_by(enum memory_initiator initiator, uint64_t gpa, bool write, bool *done)
{
	int how = setjmp(left);

	if (how)
		return how;
	*done = memory_violation(initiator, gpa, write);
	return RETURNED;
}

static uint64_t count(void)
{
	struct memory_violations violations;

	memory_violations_get(&violations);
	return violations.count;
}

static int set_up(void **state)
{
	host_pc = 0x7000;
	origin = QEMU_BY_INSTRUCTION;
	allowed = stopped = false;
	*said = '\0';
	return 0;
}

/* First in the list of tests: the first violation is the one that is kept. */
static void test_stop(void **state)
{
	struct memory_violations first;
	bool done = false;

	guest.options.violation = GUEST_VIOLATION_STOP;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x5008, true, &done), BLOCKED);
	assert_true(stopped);
	assert_string_equal(said, "vCPU 3 wrote GPA 0x5008 (private view, state: pending) at RIP "
				  "0x1234");
	memory_violations_get(&first);
	assert_int_equal(first.count, 1);
	assert_int_equal(first.gpa, 0x5008);
	assert_int_equal(first.rip, 0x1234);
	assert_int_equal(first.vcpu, 3);
	assert_true(first.write);
	assert_false(first.fetch || first.delivery);
	assert_string_equal(first.state, "pending");
	/* While the machine is stopped nothing more counts. */
	assert_int_equal(access_by(MEMORY_VCPU_SHARED, 0x6000, false, &done), BLOCKED);
	assert_int_equal(count(), 1);
}

/* The emulator takes the page for accepted. */
static void test_forgotten(void **state)
{
	bool done = false;

	guest.options.violation = GUEST_VIOLATION_STOP;
	memory_forget(0x200000, 0x200000);
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x200008, true, &done), BLOCKED);
	assert_string_equal(said, "vCPU 3 wrote GPA 0x200008 (private view, state: to do) at RIP "
				  "0x1234");
	stopped = false;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x400000, true, &done), BLOCKED);
	assert_non_null(strstr(said, "state: pending"));
	memory_forget_no_more(0x200000, 0x200000);
}

static void test_log(void **state)
{
	struct memory_violations first;
	uint64_t before = count();
	bool done = false;

	guest.options.violation = GUEST_VIOLATION_LOG;
	assert_int_equal(access_by(MEMORY_VCPU_SHARED, 0x9000, false, &done), RETURNED);
	assert_true(done);
	assert_false(stopped);
	memory_violations_get(&first);
	assert_int_equal(first.count, before + 1);
	assert_int_equal(first.gpa, 0x5008);
}

static void test_raise(void **state)
{
	uint64_t before = count();
	bool done = false;

	guest.options.violation = GUEST_VIOLATION_RAISE;
	assert_int_equal(access_by(MEMORY_VCPU_SHARED, 0x9000, true, &done), RAISED);
	assert_int_equal(raised.vcpu, 3);
	assert_int_equal(raised.gpa, 0x9000);
	assert_int_equal(raised.host_pc, 0x7000);
	assert_true(raised.shared && raised.write && !raised.fetch);
	assert_int_equal(count(), before + 1);
	assert_false(stopped);
	/* Not every access without an instruction is a fetch. */
	host_pc = 0;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x9000, false, &done), RAISED);
	assert_true(!raised.fetch && !raised.shared);
	origin = QEMU_BY_FETCH;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x9000, false, &done), RAISED);
	assert_true(raised.fetch && !raised.shared);
	/* An access of an instruction is not asked about. */
	host_pc = 0x7000;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x9000, true, &done), RAISED);
	assert_false(raised.fetch);
}

/* An exception that cannot be delivered is not followed by another one. */
static void test_delivery(void **state)
{
	uint64_t before = count();
	bool done = false;

	host_pc = 0;
	origin = QEMU_BY_DELIVERY;
	guest.options.violation = GUEST_VIOLATION_LOG;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x9000, false, &done), RETURNED);
	assert_true(done && !stopped);
	guest.options.violation = GUEST_VIOLATION_RAISE;
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x9060, false, &done), BLOCKED);
	assert_true(stopped);
	assert_string_equal(said, "vCPU 3 read GPA 0x9060 (private view, state: pending) at RIP "
				  "0x1234, delivering an exception or interrupt");
	assert_int_equal(count(), before + 2);
}

static void test_allowed(void **state)
{
	uint64_t before = count();
	bool done = false;

	guest.options.violation = GUEST_VIOLATION_STOP;
	allowed = true;
	assert_int_equal(access_by(MEMORY_VCPU_SHARED, 0x9000, true, &done), RETURNED);
	assert_true(done);
	assert_int_equal(count(), before);
}

/* No exception can be raised on a device: it is stopped, or its access has no effect. */
static void test_device(void **state)
{
	uint64_t before = count();
	bool done = true;

	guest.options.violation = GUEST_VIOLATION_RAISE;
	assert_int_equal(access_by(MEMORY_DEVICE, 0x9000, true, &done), RETURNED);
	assert_false(done);
	guest.options.violation = GUEST_VIOLATION_LOG;
	assert_int_equal(access_by(MEMORY_DEVICE, 0x9000, true, &done), RETURNED);
	assert_true(done);
	guest.options.violation = GUEST_VIOLATION_STOP;
	assert_int_equal(access_by(MEMORY_DEVICE, 0x9000, false, &done), RETURNED);
	assert_false(done);
	assert_true(stopped);
	assert_string_equal(said, "a device read GPA 0x9000 (devices' view, state: pending)");
	assert_int_equal(count(), before + 3);
	guest.options.violation = GUEST_VIOLATION_LOG;
	assert_int_equal(access_by(MEMORY_DEVICE, 0x9000, true, &done), RETURNED);
	assert_false(done);
	assert_int_equal(count(), before + 3);
}

/* While the name is looked for nothing else is told of. */
static void name(struct memory_violations *now)
{
	assert_int_equal(now->rip, 0x1234);
	assert_false(memory_violation(MEMORY_VCPU_PRIVATE, 0x9000, false));
	assert_false(memory_violation(MEMORY_DEVICE, 0x9000, false));
	strcpy(now->function, "memblock_add");
}

static void test_name(void **state)
{
	uint64_t before = count();
	bool done = false;

	guest.options.violation = GUEST_VIOLATION_STOP;
	memory_violations_name(name);
	assert_int_equal(access_by(MEMORY_VCPU_PRIVATE, 0x5008, true, &done), BLOCKED);
	assert_string_equal(said, "vCPU 3 wrote GPA 0x5008 (private view, state: pending) at RIP "
				  "0x1234 (memblock_add)");
	assert_int_equal(count(), before + 1);
	/* A device has no function. */
	stopped = false;
	assert_int_equal(access_by(MEMORY_DEVICE, 0x9000, false, &done), RETURNED);
	assert_string_equal(said, "a device read GPA 0x9000 (devices' view, state: pending)");
	memory_violations_name(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_stop, set_up),
		cmocka_unit_test_setup(test_forgotten, set_up),
		cmocka_unit_test_setup(test_log, set_up),
		cmocka_unit_test_setup(test_raise, set_up),
		cmocka_unit_test_setup(test_delivery, set_up),
		cmocka_unit_test_setup(test_allowed, set_up),
		cmocka_unit_test_setup(test_device, set_up),
		cmocka_unit_test_setup(test_name, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
