/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/cost.h"
#include "qemu/guest/finish.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/efi_image.h"
#include "qemu/guest/phase.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/vcpu.h"

/* How an instruction that calls the platform begins and ends, and who has executed it. */
struct guest guest;

static jmp_buf left;
enum how { RAISED = 1, RAISED_CODE, RESTARTED, HALTED, STOPPED };
static uint64_t rip;
static int vector;
static unsigned searches;
static bool is_application, is_decompressor, takes_exceptions;
static uint64_t idt_base = 0x7000;

static void stopped(struct emu_stop *why)
{
	*why = (struct emu_stop){ .vcpu = 7 };
}

static const struct platform fake = { .stopped = stopped, .phase = guest_x86_phase };
const struct platform *platform = &fake;

uint64_t emu_now_ns(void)
{
	return 12345;
}

bool guest_is_application(uint64_t address)
{
	searches++;
	return is_application;
}

bool guest_is_decompressor(uint64_t address)
{
	return is_decompressor;
}

bool guest_takes_exceptions(uint64_t base)
{
	assert_int_equal(base, idt_base);
	return takes_exceptions;
}

uint64_t qemu_idt_base(unsigned vcpu)
{
	return idt_base;
}

void qemu_sync(unsigned vcpu, uintptr_t host_pc)
{
	rip = host_pc + 1;
}

uint64_t qemu_rip(unsigned vcpu)
{
	return rip;
}

void qemu_set_rip(unsigned vcpu, uint64_t value)
{
	rip = value;
}

void qemu_raise(unsigned vcpu, int number, uintptr_t host_pc)
{
	vector = number;
	longjmp(left, RAISED);
}

void qemu_raise_code(unsigned vcpu, int number, int code, uintptr_t host_pc)
{
	vector = number;
	assert_int_equal(code, 0);
	longjmp(left, RAISED_CODE);
}

void qemu_restart(unsigned vcpu, uintptr_t host_pc)
{
	longjmp(left, RESTARTED);
}

void qemu_halt(unsigned vcpu)
{
	longjmp(left, HALTED);
}

void guest_stop_as(unsigned vcpu, const struct emu_stop *why)
{
	assert_int_equal(vcpu, 2);
	assert_int_equal(why->vcpu, 7);
	longjmp(left, STOPPED);
}

static int finish(enum emu_action action)
{
	int how = setjmp(left);

	if (!how)
		guest_finish(2, action, 0x1004);
	return how;
}

static void test_finish(void **state)
{
	rip = 0x1000;
	assert_int_equal(finish(EMU_AGAIN), RESTARTED);
	assert_int_equal(rip, 0x1000);
	assert_int_equal(finish(EMU_NEXT), RESTARTED);
	assert_int_equal(rip, 0x1004);
	assert_int_equal(finish(EMU_UD), RAISED);
	assert_int_equal(vector, 6);
	assert_int_equal(finish(EMU_GP), RAISED_CODE);
	assert_int_equal(vector, 13);
	assert_int_equal(finish(EMU_VE), RAISED);
	assert_int_equal(vector, 20);
	assert_int_equal(finish(EMU_DF), RAISED_CODE);
	assert_int_equal(vector, 8);
	assert_int_equal(finish(EMU_STOP), STOPPED);
	rip = 0;
	assert_int_equal(finish(EMU_SLEEP), HALTED);
	assert_int_equal(rip, 0x1004);
}

static void test_begin(void **state)
{
	struct guest_call *call = guest_call_begin(3, 0x5000);

	assert_ptr_equal(call, &guest.vcpu[3].call);
	assert_int_equal(call->vcpu, 3);
	assert_int_equal(call->rip, 0x5000);
	/* Without modelled time the clock is not read. */
	assert_int_equal(call->began, 0);
	guest.options.accept_ns_per_4k = 1;
	assert_int_equal(guest_call_begin(3, 0x5000)->began, 12345);
	assert_int_equal(guest_sync_rip(3, 0x41), 0x42);
}

/* Memory is searched once for each instruction in a row of calls, and not for the kernel. */
static void test_phase(void **state)
{
	searches = 0;
	is_application = false;
	assert_int_equal(guest_call_phase(guest_call_begin(1, 0x1000)), GUEST_PHASE_FIRMWARE);
	assert_int_equal(guest_call_phase(guest_call_begin(1, 0x1000)), GUEST_PHASE_FIRMWARE);
	assert_int_equal(searches, 1);
	is_application = true;
	assert_int_equal(guest_call_phase(guest_call_begin(1, 0x2000)), GUEST_PHASE_STUB);
	assert_int_equal(guest_call_phase(guest_call_begin(1, 0x2000)), GUEST_PHASE_STUB);
	assert_int_equal(searches, 2);
	assert_int_equal(guest_call_phase(guest_call_begin(1, UINT64_C(0xffffffff81000000))),
			 GUEST_PHASE_KERNEL);
	assert_int_equal(guest_call_phase(guest_call_begin(1, 0x2000)), GUEST_PHASE_STUB);
	assert_int_equal(searches, 2);
	/* Another vCPU executes the same instruction. */
	assert_int_equal(guest_call_phase(guest_call_begin(0, 0x2000)), GUEST_PHASE_STUB);
	/* Boot services have ended: the same instruction is a kernel's now. */
	takes_exceptions = true;
	assert_int_equal(guest_call_phase(guest_call_begin(0, 0x2000)), GUEST_PHASE_STUB);
	idt_base = 0x8000;
	assert_int_equal(guest_call_phase(guest_call_begin(0, 0x2000)), GUEST_PHASE_KERNEL);
	is_application = false;
	assert_int_equal(guest_call_phase(guest_call_begin(0, 0x3000)), GUEST_PHASE_FIRMWARE);
	/* It takes exceptions before it is Linux proper. */
	is_decompressor = true;
	assert_int_equal(guest_call_phase(guest_call_begin(0, 0x4000)), GUEST_PHASE_STUB);
	assert_string_equal(guest_phase_name(GUEST_PHASE_FIRMWARE), "firmware");
	assert_string_equal(guest_phase_name(GUEST_PHASE_STUB), "stub");
	assert_string_equal(guest_phase_name(GUEST_PHASE_KERNEL), "kernel");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
