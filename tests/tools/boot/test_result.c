/* SPDX-License-Identifier: MIT */
/* Which clock measures a boot's time, when the host counts as busy, and what an attack has done. */
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

static const struct boot_options removal = {
	.attack = { .name = "remove", .kind = EMU_ATTACK_REMOVE, .expected = REACTION_FAULTED },
};

static struct boot_result struck(enum emu_stop_cause cause)
{
	struct boot_result result = { 0 };

	result.struck.injections = 1;
	result.struck.gpa = 0x40200000;
	result.machine.stop.cause = cause;
	boot_result_judge(&removal, false, &result);
	return result;
}

/* An attack has its effect only where the platform ends the guest, not what else ends it. */
static void what_ended_it(void **unused)
{
	struct boot_result result = struck(EMU_STOP_HOST_FAULT);

	assert_int_equal(result.reaction, REACTION_FAULTED);
	assert_true(result.ok);
	result = struck(EMU_STOP_FAILED);
	assert_int_equal(result.reaction, REACTION_FAILED);
	assert_false(result.ok);
	result = struck(EMU_STOP_EXCEPTION);
	assert_int_equal(result.reaction, REACTION_HARMED);
	assert_false(result.ok);
}

/* The page that was taken, and one that has nothing to do with it. */
static void where_it_faulted(void **unused)
{
	static const enum emu_attack_kind kinds[] = { EMU_ATTACK_REMOVE, EMU_ATTACK_REMAP };

	for (unsigned i = 0; i < 2; i++) {
		struct boot_options options = removal;
		struct boot_result result = struck(EMU_STOP_HOST_FAULT);

		options.attack.kind = kinds[i];
		result.machine.violation = true;
		result.machine.gpa = 0x403ff000;
		boot_result_judge(&options, false, &result);
		assert_int_equal(result.reaction, REACTION_FAULTED);
		assert_true(result.ok);
		result.machine.gpa = 0x40400000;
		boot_result_judge(&options, false, &result);
		assert_int_equal(result.reaction, REACTION_HARMED);
		assert_false(result.ok);
	}
}

/* A boot is good only if all memory has moved, and what was logged is a failure as well. */
static void what_makes_it_good(void **unused)
{
	const struct boot_options plain = { 0 }, hot = { .hot_bytes = 4096 };
	struct boot_result result = { .report.stage = BOOT_STAGE_SHELL };

	boot_result_judge(&plain, true, &result);
	assert_true(result.ok && result.moved);
	boot_result_judge(&plain, false, &result);
	assert_true(!result.ok && result.moved);
	boot_result_judge(&hot, true, &result);
	assert_true(!result.ok && !result.moved);
	result.report.hot_added = 4096;
	boot_result_judge(&hot, true, &result);
	assert_true(result.ok && result.moved);
	result.stats.violations = 1;
	boot_result_judge(&hot, true, &result);
	assert_true(!result.ok && result.moved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_vcpu),	    cmocka_unit_test(idle),
		cmocka_unit_test(wall_clock_alone), cmocka_unit_test(quickest),
		cmocka_unit_test(failed),	    cmocka_unit_test(what_ended_it),
		cmocka_unit_test(where_it_faulted), cmocka_unit_test(what_makes_it_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
