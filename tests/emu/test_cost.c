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

static uint64_t clock_ns, slept_ns, sleeps;

int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
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
	slept_ns += ns;
	sleeps++;
	return 0;
}

static void reset(void)
{
	clock_ns = UINT64_C(5000000000);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emulation_is_part_of_it),
		cmocka_unit_test(test_sleeps_for_a_larger_sum),
		cmocka_unit_test(test_total),
		cmocka_unit_test(test_sleep_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
