/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "world.h"

/* Acceptance on one CPU: which units, and what is counted. */

#define BASE (4 * GIB)
#define UNIT (2 * MIB)

static int accept_range(struct world *world, uint64_t start, uint64_t end)
{
	return cvm_accept(&world->acceptor, start, end, CVM_CAUSE_RESERVED);
}

/* 64 units, all unaccepted; which have been accepted when [start, end) is asked for, by one call of
 * the platform for all of them or for each. */
static uint64_t accepted_in_runs(uint64_t start, uint64_t end, bool guard, uint64_t run_units)
{
	struct world *world = world_in_runs(BASE, UNIT, 64, NULL, guard, run_units);
	bool before = cvm_is_unaccepted(&world->acceptor, start, end);
	uint64_t bits;

	assert_int_equal(accept_range(world, start, end), 0);
	bits = ~world->table->bitmap[0];
	assert_int_equal(before, bits != 0);
	assert_false(cvm_is_unaccepted(&world->acceptor, start, end));
	assert_int_equal(world->fake->calls, run_units == 1 ? __builtin_popcountll(bits) : !!bits);
	assert_true(world_exact(world));
	world_free(world);
	return bits;
}

static uint64_t accepted_by(uint64_t start, uint64_t end, bool guard)
{
	uint64_t bits = accepted_in_runs(start, end, guard, 1);

	assert_int_equal(accepted_in_runs(start, end, guard, 64), bits);
	return bits;
}

/* Linux 7.2, observed by running its accept_memory() on such a bitmap. */
static void test_as_linux(void **state)
{
	uint64_t at = BASE + 10 * UNIT, top = BASE + 64 * UNIT;

	assert_int_equal(accepted_by(at, at + PAGE, true), 1 << 10);
	assert_int_equal(accepted_by(at, at + UNIT, true), 3 << 10);
	assert_int_equal(accepted_by(BASE - PAGE, BASE, true), 1);
	assert_int_equal(accepted_by(BASE - 2 * PAGE, BASE - PAGE, true), 0);
	assert_int_equal(accepted_by(top, top + UNIT, true), 0);
	assert_int_equal(accepted_by(top - PAGE, top, true), UINT64_C(1) << 63);
	/* Whole pages count: a byte of a unit's last page brings the guard in. */
	assert_int_equal(accepted_by(at + UNIT - PAGE, at + UNIT - PAGE + 1, true), 3 << 10);
	assert_int_equal(accepted_by(at, at + UNIT - 1, true), 3 << 10);
	assert_int_equal(accepted_by(at, at + UNIT - PAGE, true), 1 << 10);
	assert_int_equal(accepted_by(at + UNIT - PAGE - 1, at + UNIT - PAGE, true), 1 << 10);
}

static void test_without_guard(void **state)
{
	uint64_t at = BASE + 10 * UNIT;

	assert_int_equal(accepted_by(at, at + UNIT, false), 1 << 10);
	assert_int_equal(accepted_by(at, at + UNIT + 1, false), 3 << 10);
	assert_int_equal(accepted_by(at - 1, at + UNIT, false), 3 << 9);
	assert_int_equal(accepted_by(at + UNIT - 1, at + UNIT, false), 1 << 10);
	assert_int_equal(accepted_by(BASE - PAGE, BASE, false), 0);
	assert_int_equal(accepted_by(BASE - PAGE, BASE + 1, false), 1);
	assert_int_equal(accepted_by(at, at, false), 0);
	assert_int_equal(accepted_by(0, UINT64_MAX, false), UINT64_MAX);
	assert_int_equal(accepted_by(CVM_PHYS_END, UINT64_MAX, false), 0);
}

static void test_bad_arguments(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, true);
	struct cvm_acceptor_config config = world->acceptor.config;

	assert_int_equal(accept_range(world, BASE + 1, BASE), CVM_EINVAL);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, BASE + 1, BASE, CVM_CAUSE_EARLY),
			 CVM_EINVAL);
	assert_false(cvm_is_unaccepted(&world->acceptor, BASE + 1, BASE));
	assert_int_equal(world->fake->calls, 0);
	config.platform = NULL;
	assert_int_equal(cvm_acceptor_init(&world->acceptor, &config), CVM_EINVAL);
	world_free(world);
}

static void test_no_table(void **state)
{
	struct fake *fake = fake_new(0, MIB, false);
	struct cvm_acceptor_config config = { .platform = &fake->platform, .guard = true };
	struct cvm_acceptor acceptor;

	assert_int_equal(cvm_claims_bytes(NULL), 0);
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	assert_int_equal(cvm_accept(&acceptor, 0, UINT64_MAX, CVM_CAUSE_EAGER), 0);
	assert_int_equal(cvm_accept_nowait(&acceptor, 0, UINT64_MAX, CVM_CAUSE_EAGER), 0);
	assert_int_equal(cvm_accept(&acceptor, 2, 1, CVM_CAUSE_EAGER), CVM_EINVAL);
	assert_false(cvm_is_unaccepted(&acceptor, 0, UINT64_MAX));
	assert_int_equal(cvm_unaccepted_bytes(&acceptor), 0);
	assert_int_equal(fake->calls, 0);
	fake_free(fake);
}

/* Without claims nothing may be accepted; what is accepted already is no trouble. */
static void test_claims_later(void **state)
{
	uint64_t bits[3] = { UINT64_MAX, UINT64_MAX, UINT64_MAX - 1 };
	struct world *world = world_new(BASE, UNIT, 192, bits, false);
	struct cvm_acceptor_config config = world->acceptor.config;
	uint64_t last = BASE + 191 * UNIT, clear = BASE + 128 * UNIT;

	assert_int_equal(cvm_claims_bytes(world->table), sizeof(struct cvm_claim));
	config.claims = NULL;
	world_reset(world, &config);
	assert_int_equal(accept_range(world, clear, clear + UNIT), 0);
	assert_int_equal(accept_range(world, last, last + UNIT), CVM_EINVAL);
	assert_int_equal(world->fake->calls, 0);
	memset(world->claims, 0xff, cvm_claims_bytes(world->table));
	cvm_acceptor_set_claims(&world->acceptor, world->claims);
	assert_int_equal(accept_range(world, last, last + UNIT), 0);
	assert_int_equal(world->fake->calls, 1);
	assert_true(world_exact(world));
	world_free(world);
}

static void test_counters(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct cvm_accept_stats stats;

	assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), 64 * UNIT);
	assert_int_equal(cvm_accept(&world->acceptor, BASE, BASE + 1, CVM_CAUSE_KEXEC), 0);
	assert_int_equal(cvm_accept(&world->acceptor, BASE, BASE + 3 * UNIT, CVM_CAUSE_FAULT), 0);
	world->fake->max_level = CVM_LEVEL_4K;
	assert_int_equal(cvm_accept(&world->acceptor, BASE, BASE + 4 * UNIT, CVM_CAUSE_PAGES), 0);
	assert_int_equal(cvm_accept(&world->acceptor, BASE, BASE + 4 * UNIT, CVM_CAUSE_MEMMAP), 0);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	for (int cause = 0; cause < CVM_CAUSES; cause++) {
		uint64_t expected = cause == CVM_CAUSE_KEXEC   ? UNIT
				    : cause == CVM_CAUSE_FAULT ? 2 * UNIT
				    : cause == CVM_CAUSE_PAGES ? UNIT
							       : 0;

		assert_int_equal(stats.bytes[cause], expected);
		assert_string_not_equal(cvm_cause_name((enum cvm_cause)cause), "unknown");
	}
	assert_int_equal(stats.accepted[CVM_LEVEL_4K], 512);
	assert_int_equal(stats.accepted[CVM_LEVEL_2M], 3);
	assert_int_equal(stats.fallbacks[CVM_LEVEL_2M], 1);
	assert_int_equal(stats.units, 4);
	assert_int_equal(stats.waits + stats.already_accepted + stats.failed, 0);
	assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), 60 * UNIT);
	assert_string_equal(cvm_cause_name(CVM_CAUSES), "unknown");
	world_free(world);
}

/* However units were accepted: what the platform has seen, and each cause what is its own. */
static void check_counters(struct world *world, const uint64_t bytes[CVM_CAUSES])
{
	const struct fake *fake = world->fake;
	struct cvm_accept_stats stats;
	uint64_t all = 0;

	cvm_acceptor_get_stats(&world->acceptor, &stats);
	for (int cause = 0; cause < CVM_CAUSES; cause++) {
		assert_int_equal(stats.bytes[cause], bytes[cause]);
		all += bytes[cause];
	}
	for (int level = 0; level < CVM_LEVELS; level++) {
		assert_int_equal(stats.accepted[level], fake->accepted[level]);
		assert_int_equal(stats.fallbacks[level], fake->refused[level]);
	}
	assert_int_equal(stats.units, all / world->table->unit_size);
}

static uint64_t now(void *ctx)
{
	return 0;
}

/* Units in large pages and in small ones, refused ones, before and while events are recorded,
 * for all causes in turn. */
static void test_counters_of_all_kinds(void **state)
{
	uint64_t bits[2] = { UINT64_MAX - 6, UINT64_MAX }, bytes[CVM_CAUSES] = { 0 }, failed = 0;
	struct world *world = world_new(BASE, UNIT, 128, bits, false);
	struct cvm_event storage[4];
	struct cvm_events events;

	assert_int_equal(cvm_events_init(&events, storage, sizeof(storage)), 0);
	world->acceptor.host.now_ns = now;
	for (unsigned unit = 0; unit < 128; unit++) {
		enum cvm_cause cause = (enum cvm_cause)(unit % CVM_CAUSES);
		uint64_t gpa = BASE + unit * UNIT;
		bool refuse = unit % 7 == 3;

		world->fake->max_level = unit % 3 ? CVM_LEVEL_2M : CVM_LEVEL_4K;
		world->acceptor.config.events = unit % 5 == 4 ? &events : NULL;
		if (refuse)
			fake_mood(world->fake, gpa + 9 * PAGE, FAKE_REFUSE);
		assert_int_equal(cvm_accept(&world->acceptor, gpa, gpa + UNIT, cause),
				 refuse ? CVM_EIO : 0);
		if (!refuse && unit != 1 && unit != 2)
			bytes[cause] += UNIT;
		failed += refuse;
		check_counters(world, bytes);
	}
	assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), failed * UNIT);
	world_free(world);
}

static void test_unit_sizes(void **state)
{
	static const uint32_t units[] = { 4 << 10, 64 << 10, 2 << 20, 1 << 30 };
	uint64_t seed = 4;

	for (int round = 0; round < 200; round++) {
		uint32_t unit = units[round % 4];
		uint64_t n = unit == 1 << 30 ? 8 : 8 + 8 * below(&seed, 12), bits[3];
		bool guard = below(&seed, 2);
		struct world *world;
		uint64_t pages = n * unit / PAGE, unaccepted;
		uint64_t bytes[CVM_CAUSES] = { 0 };

		if (unit == 1 << 30 && round > 20)
			continue;
		for (int i = 0; i < 3; i++)
			bits[i] = rng(&seed) | rng(&seed);
		world = world_new(3 * GIB, unit, n, bits, guard);
		unaccepted = cvm_unaccepted_bytes(&world->acceptor);
		for (int i = 0; i < 6; i++) {
			uint64_t start = 3 * GIB + below(&seed, pages) * PAGE;
			uint64_t end = start + below(&seed, pages / 3) * PAGE + below(&seed, PAGE);
			uint64_t top = (end + PAGE - 1) / PAGE * PAGE;

			assert_int_equal(accept_range(world, start, end), 0);
			if (guard && top % unit == 0)
				top += unit;
			if (start < end)
				assert_true(fake_all_accepted(world->fake, start, top));
			assert_true(world_exact(world));
		}
		bytes[CVM_CAUSE_RESERVED] = unaccepted - cvm_unaccepted_bytes(&world->acceptor);
		check_counters(world, bytes);
		bytes[CVM_CAUSE_PAGES] = cvm_unaccepted_bytes(&world->acceptor);
		assert_int_equal(cvm_accept(&world->acceptor, 0, UINT64_MAX, CVM_CAUSE_PAGES), 0);
		check_counters(world, bytes);
		assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), 0);
		assert_true(world_exact(world));
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_linux),
		cmocka_unit_test(test_without_guard),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_claims_later),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_counters_of_all_kinds),
		cmocka_unit_test(test_unit_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
