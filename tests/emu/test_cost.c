/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "emu/cost.h"

/*
 * The cost model on a clock of the test's own (the linker's --wrap): every reading takes READING,
 * and every sleep takes OVERSLEEP longer than asked for. The total is compared with the sum of the
 * costs, which is what the model promises.
 */

#define READING	  100
#define OVERSLEEP 50000
#define SLEEP_CPU 7000 /* CPU time of a sleep */

static uint64_t clock_ns, cpu_ns, slept_ns, sleeps;

int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
	if (id == CLOCK_THREAD_CPUTIME_ID) {
		time->tv_sec = (time_t)(cpu_ns / 1000000000);
		time->tv_nsec = (long)(cpu_ns % 1000000000);
		return 0;
	}
	assert_int_equal(id, CLOCK_MONOTONIC);
	clock_ns += READING;
	time->tv_sec = (time_t)(clock_ns / 1000000000);
	time->tv_nsec = (long)(clock_ns % 1000000000);
	return 0;
}

int __wrap_clock_nanosleep(clockid_t id, int flags, const struct timespec *time,
			   struct timespec *left)
{
	uint64_t ns = (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;

	assert_int_equal(id, CLOCK_MONOTONIC);
	assert_int_equal(flags, 0);
	assert_in_range(time->tv_nsec, 0, 999999999);
	clock_ns += ns + OVERSLEEP;
	cpu_ns += SLEEP_CPU;
	slept_ns += ns;
	sleeps++;
	return 0;
}

static void reset(void)
{
	clock_ns = UINT64_C(5000000000);
	cpu_ns = 300;
	slept_ns = sleeps = 0;
}

/* An instruction that takes `taken` to emulate and is charged `cost`. */
static void accept(struct emu_delay *delay, uint64_t taken, uint64_t cost)
{
	uint64_t began = emu_now_ns();

	clock_ns += taken;
	emu_delay_charge(delay, cost, began);
}

static void test_emulation_is_part_of_it(void **state)
{
	struct emu_delay delay = { 0 };

	reset();
	accept(&delay, 700, 100700);
	assert_int_equal(delay.debt_ns, 100000 - READING);
	/* An instruction that took longer than its cost leaves the debt as it is. */
	accept(&delay, 5000, 4000);
	assert_int_equal(delay.debt_ns, 100000 - READING);
	accept(&delay, 0, 0);
	assert_int_equal(delay.debt_ns, 100000 - READING);
	assert_int_equal(sleeps, 0);
}

static void test_sleeps_for_a_larger_sum(void **state)
{
	struct emu_delay delay = { 0 };

	reset();
	accept(&delay, 0, 200000 + READING);
	assert_int_equal(delay.debt_ns, 200000);
	assert_int_equal(sleeps, 0);
	accept(&delay, 0, 1 + READING);
	assert_int_equal(sleeps, 1);
	assert_int_equal(slept_ns, 200001);
	/* What the sleep took too long, and the reading after it, are deducted. */
	assert_int_equal(delay.debt_ns, -OVERSLEEP - READING);
	/* More than a second at once. */
	accept(&delay, 0, UINT64_C(3000000000) + OVERSLEEP + 2 * READING);
	assert_int_equal(sleeps, 2);
	assert_int_equal(slept_ns, 200001 + UINT64_C(3000000000));
}

/* From the first instruction to the end of the last sleep passes what all of them cost, to within
 * the last sleep's excess. */
static void test_total(void **state)
{
	struct emu_delay delay = { 0 };
	uint64_t began, total = 0, seed = 1;

	reset();
	began = clock_ns;
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t cost = (seed = seed * 6364136223846793005u + 1) >> 44;

		uint64_t taken = cost / 16;

		/* An instruction takes no less than its emulation, whatever it costs. The first
		 * reading comes before the instruction. */
		total += cost > taken + READING ? cost : taken + READING;
		total += READING;
		accept(&delay, taken, cost);
	}
	emu_delay_sleep_off(&delay);
	assert_true(delay.debt_ns <= 0);
	assert_true(sleeps > 1000);
	assert_in_range(clock_ns - began, total, total + OVERSLEEP + 2 * READING);
}

static void test_sleep_off(void **state)
{
	struct emu_delay delay = { 0 };

	reset();
	emu_delay_sleep_off(&delay);
	assert_int_equal(sleeps, 0);
	accept(&delay, 0, 90000 + READING);
	emu_delay_sleep_off(&delay);
	assert_int_equal(sleeps, 1);
	assert_int_equal(slept_ns, 90000);
	emu_delay_sleep_off(&delay);
	assert_int_equal(sleeps, 1);
}

/* Guest code, with the host busy: it takes `waiting` longer than its CPU time. */
static void execute(uint64_t taken, uint64_t waiting)
{
	cpu_ns += taken;
	clock_ns += taken + waiting;
}

static void accept_in_virtual_time(struct emu_delay *delay, uint64_t taken, uint64_t waiting,
				   uint64_t cost)
{
	uint64_t began = emu_now_ns(), began_cpu = emu_cpu_ns();

	execute(taken, waiting);
	emu_delay_charge(delay, cost, began);
	emu_delay_count(delay, cost, began_cpu);
}

/* However long the thread waits and sleeps, and however long the emulation takes: what was executed
 * and the costs. */
static void test_virtual_time(void **state)
{
	static const uint64_t waits[] = { 0, 30000, 9000000 };

	for (unsigned i = 0; i < 3; i++) {
		struct emu_delay delay = { 0 };
		uint64_t expected, before, seed = 1;

		reset();
		expected = cpu_ns;
		for (unsigned j = 0; j < 2000; j++) {
			uint64_t cost = (seed = seed * 6364136223846793005u + 1) >> 44;
			uint64_t code = seed >> 52;

			before = emu_delay_virtual_ns(&delay);
			execute(code, waits[i]);
			assert_int_equal(emu_delay_virtual_ns(&delay), before + code);
			accept_in_virtual_time(&delay, j % 3 * 40000, waits[i], cost);
			expected += code + cost;
			assert_int_equal(emu_delay_virtual_ns(&delay), expected);
		}
		assert_true(i == 2 || sleeps > 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emulation_is_part_of_it),
		cmocka_unit_test(test_sleeps_for_a_larger_sum),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_sleep_off),
		cmocka_unit_test(test_virtual_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
