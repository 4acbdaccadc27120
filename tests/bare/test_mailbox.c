/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <ucontext.h>

#include "bare/bare.h"

/*
 * The loop in which a CPU waits for the OS, in single steps, which SIGTRAP makes of the trap flag:
 * after each of its instructions another CPU and the OS may do anything. ACPI 6.5, 5.2.12.19.
 */

extern const char mailbox_wait[];

struct command {
	uint16_t command, reserved;
	uint32_t apic_id;
	uint64_t wakeup;
};

enum { WAKE = 1, TEST = 2 };
enum { MINE = 5, OTHER = 7 };
/* Nothing is there: the step after the jump is the last one. */
#define MY_ENTRY    0x1000
#define OTHER_ENTRY 0x2000

enum end { NOTHING = 1, MY_START, OTHER_START };

/* All of what the loop does, several times. */
#define LOOP 64

static sigjmp_buf out;
static unsigned step, change_at;
static void (*first_change)(struct command *to), (*second_change)(struct command *to);

static struct command *box(void)
{
	return (struct command *)(void *)mailbox;
}

static void on_step(int sig, siginfo_t *info, void *context)
{
	uintptr_t rip = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	step++;
	if (rip == MY_ENTRY || rip == OTHER_ENTRY)
		siglongjmp(out, rip == MY_ENTRY ? MY_START : OTHER_START);
	if (step == change_at)
		first_change(box());
	if (step == change_at + LOOP && second_change)
		second_change(box());
	if (step == change_at + 2 * LOOP)
		siglongjmp(out, NOTHING);
}

/* CLI is not for a program. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (*(const uint8_t *)regs[REG_RIP] == 0xfa)
		regs[REG_RIP]++;
	else
		signal(sig, SIG_DFL);
}

static void handle(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

/* The changes are made after so many steps, and LOOP more. */
static enum end wait_with(struct command command, unsigned steps, void (*first)(struct command *to),
			  void (*second)(struct command *to))
{
	int end;

	handle(SIGTRAP, on_step);
	handle(SIGSEGV, on_fault);
	*box() = command;
	mailbox_apic_ids[0] = MINE;
	first_change = first;
	second_change = second;
	change_at = steps;
	step = 0;
	end = sigsetjmp(out, 1);
	if (!end)
		__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tjmp *%0"
				 :
				 : "r"(mailbox_wait), "D"(0)
				 : "memory", "cc");
	return (enum end)end;
}

static void nothing(struct command *to)
{
}

/* The other CPU has taken its command, and the OS begins to write the next one. */
static void begin_mine(struct command *to)
{
	to->command = 0;
	to->apic_id = MINE;
}

static void end_mine(struct command *to)
{
	to->wakeup = MY_ENTRY;
	to->command = WAKE;
}

static void all_of_mine(struct command *to)
{
	begin_mine(to);
	end_mine(to);
}

static void test_wake(void **state)
{
	const struct command mine = { WAKE, 0, MINE, MY_ENTRY },
			     other = { WAKE, 0, OTHER, MY_ENTRY };

	assert_int_equal(wait_with(mine, 1000, nothing, NULL), MY_START);
	assert_int_equal(box()->command, 0);
	assert_int_equal(wait_with(other, 1, nothing, NULL), NOTHING);
	assert_int_equal(box()->command, WAKE);
}

static void test_test(void **state)
{
	const struct command mine = { TEST, 0, MINE, MY_ENTRY },
			     other = { TEST, 0, OTHER, MY_ENTRY },
			     unknown = { 3, 0, MINE, MY_ENTRY };

	assert_int_equal(wait_with(mine, 1, nothing, NULL), NOTHING);
	assert_int_equal(box()->command, 0);
	assert_int_equal(wait_with(other, 1, nothing, NULL), NOTHING);
	assert_int_equal(box()->command, TEST);
	assert_int_equal(wait_with(unknown, 1, nothing, NULL), NOTHING);
}

/* Another CPU's command is never this one's, whenever it is taken and the next one comes. */
static void test_other(void **state)
{
	const uint16_t commands[] = { WAKE, TEST };

	for (unsigned i = 0; i < 2; i++) {
		const struct command other = { commands[i], 0, OTHER, OTHER_ENTRY };

		for (unsigned at = 1; at < LOOP; at++) {
			assert_int_equal(wait_with(other, at, begin_mine, NULL), NOTHING);
			assert_int_equal(wait_with(other, at, begin_mine, end_mine), MY_START);
			assert_int_equal(box()->command, 0);
			assert_int_equal(wait_with(other, at, all_of_mine, NULL), MY_START);
			assert_int_equal(box()->command, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_test),
		cmocka_unit_test(test_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
