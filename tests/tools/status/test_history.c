/* SPDX-License-Identifier: MIT */
/* The rate and the remaining time, against figures computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/status/history.h"

#define SECOND UINT64_C(1000000000)

static void nothing_yet(void **unused)
{
	struct history history = { 0 };
	uint64_t span = 1;

	assert_int_equal(history_rate(&history, SECOND, &span), 0);
	assert_int_equal(span, 0);
	history_add(&history, 5 * SECOND, 1000);
	assert_int_equal(history_rate(&history, SECOND, &span), 0);
	assert_int_equal(span, 0);
	assert_int_equal(history_steps(&history), 0);
	history_add(&history, 5 * SECOND, 900);
	assert_int_equal(history_rate(&history, SECOND, &span), 0);
	assert_int_equal(span, 0);
}

static void rates(void **unused)
{
	struct history history = { 0 };
	uint64_t span;

	history_add(&history, 0, 10000);
	history_add(&history, 2 * SECOND, 9000);
	history_add(&history, 4 * SECOND, 5000);
	assert_int_equal(history_rate(&history, SECOND, &span), 2000);
	assert_int_equal(span, 2 * SECOND);
	assert_int_equal(history_rate(&history, 3 * SECOND, &span), 1250);
	assert_int_equal(history_rate(&history, 100 * SECOND, &span), 1250);
	assert_int_equal(span, 4 * SECOND);
	/* A sample just as old as the window ends it. */
	assert_int_equal(history_rate(&history, 2 * SECOND, &span), 2000);
	assert_int_equal(span, 2 * SECOND);
	assert_int_equal(history_rate(&history, 2 * SECOND + 1, &span), 1250);
	assert_int_equal(span, 4 * SECOND);
	assert_int_equal(history_step(&history, 0), 4000);
	assert_int_equal(history_step(&history, 1), 1000);
	assert_int_equal(history_step(&history, 2), 0);
	/* Hot-plugged memory is no progress. */
	history_add(&history, 5 * SECOND, 50000);
	assert_int_equal(history_rate(&history, SECOND, &span), 0);
	assert_int_equal(history_step(&history, 0), 0);
}

static void ring(void **unused)
{
	struct history history = { 0 };
	uint64_t span;

	for (uint64_t i = 0; i <= 1000; i++)
		history_add(&history, i * SECOND, 100000 - i * i / 20);
	assert_int_equal(history_steps(&history), HISTORY_SAMPLES - 1);
	/* The oldest that is kept is 1000 - 127: (1000^2 - 873^2) / 20 / 127. */
	assert_in_range(history_rate(&history, UINT64_MAX, &span), 93, 94);
	assert_int_equal(span, (HISTORY_SAMPLES - 1) * SECOND);
	assert_int_equal(history_step(&history, HISTORY_SAMPLES - 1), 0);
	assert_in_range(history_step(&history, HISTORY_SAMPLES - 2), 87, 88);
}

static void left(void **unused)
{
	uint64_t seconds;

	assert_true(history_left(0, 0, &seconds));
	assert_int_equal(seconds, 0);
	assert_false(history_left(1, 0, &seconds));
	assert_true(history_left(1000, 1000, &seconds));
	assert_int_equal(seconds, 1);
	assert_true(history_left(1001, 1000, &seconds));
	assert_int_equal(seconds, 2);
	assert_true(history_left(UINT64_MAX, 1, &seconds));
	assert_int_equal(seconds, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_yet),
		cmocka_unit_test(rates),
		cmocka_unit_test(ring),
		cmocka_unit_test(left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
