/* SPDX-License-Identifier: MIT */
/* Which clock measures a boot's time, and when the host counts as busy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/boot/result.h"

#define MS UINT64_C(1000000)

static struct boot_result of(unsigned vcpus, uint64_t wall_ns, uint64_t virtual_ns)
{
	struct boot_result result = { 0 };

	result.report.ns[BOOT_STAGE_SHELL] = wall_ns;
	result.report.vcpu_ns[BOOT_STAGE_SHELL] = virtual_ns;
	boot_result_time(vcpus, &result);
	return result;
}

static void one_vcpu(void **unused)
{
	struct boot_result result = of(1, 2500 * MS, 400 * MS);

	assert_float_equal(result.wall_seconds, 2.5, 1e-9);
	assert_float_equal(result.virtual_seconds, 0.4, 1e-9);
	assert_float_equal(result.seconds, 0.4, 1e-9);
	assert_true(result.host_busy);
}

static void idle(void **unused)
{
	assert_false(of(1, 400 * MS, 400 * MS).host_busy);
	assert_false(of(1, 480 * MS, 400 * MS).host_busy);
	assert_true(of(1, 500 * MS, 400 * MS).host_busy);
	assert_false(of(1, 46000 * MS, 42000 * MS).host_busy);
	assert_true(of(1, 47000 * MS, 42000 * MS).host_busy);
}

/* vCPU 0's own time is not the boot's, or there is none. */
static void wall_clock_alone(void **unused)
{
	const struct boot_result results[] = { of(2, 2500 * MS, 400 * MS), of(1, 2500 * MS, 0) };

	for (unsigned i = 0; i < 2; i++) {
		assert_float_equal(results[i].seconds, 2.5, 1e-9);
		assert_float_equal(results[i].virtual_seconds, 0, 0);
		assert_false(results[i].host_busy);
	}
}

static struct boot_result boot(bool ok, uint64_t virtual_ns)
{
	struct boot_result result = of(1, virtual_ns, virtual_ns);

	result.ok = ok;
	result.boots = 1;
	return result;
}

static void quickest(void **unused)
{
	static const unsigned ms[] = { 400, 350, 380, 350, 390 };
	struct boot_result result = boot(true, 410 * MS);

	for (unsigned i = 0; i < 5; i++) {
		struct boot_result next = boot(true, ms[i] * MS);

		boot_result_keep(&result, &next);
		assert_int_equal(result.boots, 2 + i);
		assert_float_equal(result.seconds, i ? 0.35 : 0.4, 1e-9);
	}
}

/* A boot that failed is what there is to tell, however long it took. */
static void failed(void **unused)
{
	struct boot_result result = boot(true, 300 * MS);
	struct boot_result next = boot(false, 400 * MS);

	assert_true(boot_result_has_virtual_time(&result));
	boot_result_keep(&result, &next);
	assert_false(result.ok);
	assert_int_equal(result.boots, 2);
	assert_false(boot_result_has_virtual_time(&result));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_vcpu),	    cmocka_unit_test(idle),
		cmocka_unit_test(wall_clock_alone), cmocka_unit_test(quickest),
		cmocka_unit_test(failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
