/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "boot/latency.h"

/* The histogram against the sorted values. */

#define COUNT 20000

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t rng(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 20;
}

/* The largest value that counts as the same as ns: four significant bits after the first. */
static uint64_t top_of(uint64_t ns)
{
	uint64_t step = 1;

	while (ns / step >= 2 * LATENCY_STEPS)
		step *= 2;
	return ns - ns % step + step - 1;
}

static void test_quantiles(void **state)
{
	static const unsigned quantiles[] = { 1, 100, 5000, 9000, 9900, 9990, 9999, 10000 };
	static uint64_t values[COUNT];
	uint64_t seed = 1;

	for (unsigned bits = 1; bits < 41; bits++) {
		size_t n = 1 + rng(&seed) % COUNT;
		struct latency parts[3];

		for (int i = 0; i < 3; i++)
			latency_clear(&parts[i]);
		for (size_t i = 0; i < n; i++) {
			values[i] = rng(&seed) & ((UINT64_C(1) << (1 + rng(&seed) % bits)) - 1);
			latency_add(&parts[rng(&seed) % 3], values[i]);
		}
		latency_merge(&parts[0], &parts[1]);
		latency_merge(&parts[0], &parts[2]);
		qsort(values, n, sizeof(*values), compare);
		for (int i = 0; i < 8; i++) {
			uint64_t exact = values[(n * quantiles[i] + 9999) / 10000 - 1];
			uint64_t got = latency_quantile(&parts[0], quantiles[i]);

			/* No quantile is above the longest call. */
			assert_int_equal(got, top_of(exact) < values[n - 1] ? top_of(exact)
									    : values[n - 1]);
			assert_true(got <= exact + exact / 16);
		}
		assert_int_equal(parts[0].max, values[n - 1]);
		assert_int_equal(parts[0].count, n);
	}
}

static void test_ends(void **state)
{
	struct latency latency;

	latency_clear(&latency);
	assert_int_equal(latency_quantile(&latency, 9990), 0);
	latency_add(&latency, UINT64_MAX);
	assert_int_equal(latency.max, UINT64_MAX);
	assert_true(latency_quantile(&latency, 10000) >= UINT64_C(1) << 41);
	latency_add(&latency, 0);
	assert_int_equal(latency_quantile(&latency, 5000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
