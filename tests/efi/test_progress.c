/* SPDX-License-Identifier: MIT */
#include "efi/progress.h"

#include "tests/efi/fake_firmware.h"

/* 64 MiB in two seconds: an estimate at each step, and none at the end. */
static void test_estimate(void **state)
{
	struct efi_progress progress;

	fake_init();
	efi_progress_begin(&progress, &fake.firmware, 256 * MIB);
	for (int i = 0; i < 4; i++) {
		fake.now += 2000000;
		efi_progress_step(&progress, &fake.firmware, 64 * MIB);
	}
	fake_printed("\rcvmem: 24 % of 256 MiB accepted, about 6 s left  "
		     "\rcvmem: 49 % of 256 MiB accepted, about 4 s left  "
		     "\rcvmem: 74 % of 256 MiB accepted, about 2 s left  ");
	assert_in_range(efi_progress_time(&progress, &fake.firmware), 7900, 8000);
}

/* A line in a second at most, however many steps. */
static void test_rate(void **state)
{
	struct efi_progress progress;
	size_t lines = 0;

	fake_init();
	efi_progress_begin(&progress, &fake.firmware, UINT64_C(1) << 40);
	for (int i = 0; i < 1000; i++) {
		fake.now += 3000;
		efi_progress_step(&progress, &fake.firmware, MIB);
	}
	for (size_t i = 0; i < fake.printed; i++)
		lines += fake.console[i] == '\r';
	assert_int_equal(lines, 2);
}

/* 4 PiB in weeks: no product overflows. */
static void test_extremes(void **state)
{
	struct efi_progress progress;

	fake_init();
	efi_progress_begin(&progress, &fake.firmware, UINT64_C(1) << 52);
	fake.now += UINT64_C(4000000) * 1000000;
	efi_progress_step(&progress, &fake.firmware, UINT64_C(1) << 51);
	fake_printed("\rcvmem: 49 % of 4294967296 MiB accepted, about 3996004 s left  ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
