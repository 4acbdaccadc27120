/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

/* A platform that refuses, and one that says "accepted already" (I2). */

#define BASE (4 * GIB)
#define UNIT (2 * MIB)

static int accept_range(struct world *world, uint64_t start, uint64_t end)
{
	return cvm_accept(&world->acceptor, start, end, CVM_CAUSE_RESERVED);
}

/* Unit 5 fails after half of it; the others do not. */
static void test_refused(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	uint64_t at = BASE + 5 * UNIT, calls;
	struct cvm_accept_stats stats;

	fake_mood(world->fake, at + MIB, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + 8 * UNIT), CVM_EIO);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0xff + (1 << 5));
	assert_int_equal(fake_count(world->fake, at, at + UNIT, FAKE_ACCEPTED), 256);
	assert_int_equal(fake_count(world->fake, BASE, BASE + 8 * UNIT, FAKE_ACCEPTED),
			 7 * 512 + 256);
	assert_true(cvm_is_unaccepted(&world->acceptor, at, at + 1));

	/* A later call fails at once, even if the host would agree now: half of the unit
	 * is accepted, so that another attempt would accept it twice. */
	fake_mood(world->fake, at + MIB, 0);
	calls = world->fake->calls;
	assert_int_equal(accept_range(world, at, at + 1), CVM_EIO);
	assert_int_equal(accept_range(world, BASE, BASE + 8 * UNIT), CVM_EIO);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, at, at + 1, CVM_CAUSE_EARLY), CVM_EIO);
	assert_int_equal(world->fake->calls, calls);
	assert_int_equal(accept_range(world, at + UNIT, at + 2 * UNIT), 0);

	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.failed, 1);
	assert_int_equal(stats.units, 7);
	assert_int_equal(stats.bytes[CVM_CAUSE_RESERVED], 7 * UNIT);
	assert_int_equal(stats.accepted[CVM_LEVEL_4K], 256);
	assert_int_equal(stats.waits, 0);
	assert_int_equal(world->fake->stops, 0);
	assert_true(fake_clean(world->fake));
	world_free(world);
}

/* A guard unit that cannot be accepted is an error like a unit of the range. */
static void test_refused_guard(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, true);

	fake_mood(world->fake, BASE + UNIT, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + UNIT), CVM_EIO);
	assert_int_equal(accept_range(world, BASE, BASE + UNIT - PAGE), 0);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 1);
	world_free(world);
}

/* By default the guest stops, with the page in question. */
static void test_double_stops(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	uint64_t at = BASE + 3 * UNIT + 7 * PAGE;
	struct cvm_accept_stats stats;
	volatile bool returned = false;
	jmp_buf stop;

	fake_mood(world->fake, at, FAKE_CLAIM);
	world->fake->stop_to = &stop;
	if (!setjmp(stop)) {
		accept_range(world, BASE, BASE + 8 * UNIT);
		returned = true;
	}
	assert_false(returned);
	assert_int_equal(world->fake->stops, 1);
	assert_int_equal(world->fake->stop_reason, CVM_TERMINATE_ALREADY_ACCEPTED);
	assert_int_equal(world->fake->stop_gpa, at);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.already_accepted, 1);
	/* Nothing behind it was touched any more, and the run's bits are still set. */
	assert_int_equal(fake_count(world->fake, at + PAGE, BASE + 64 * UNIT, FAKE_ACCEPTED), 0);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX);
	world_free(world);
}

/* A stop() that returns must not make the unit usable. */
static void test_double_stop_returns(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);

	fake_mood(world->fake, BASE, FAKE_CLAIM);
	assert_int_equal(accept_range(world, BASE, BASE + PAGE), CVM_EALREADY);
	assert_int_equal(world->fake->stops, 1);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX);
	assert_int_equal(accept_range(world, BASE, BASE + PAGE), CVM_EIO);
	assert_int_equal(world->fake->calls, 1);
	world_free(world);
}

struct verdicts {
	enum cvm_verdict verdict;
	unsigned calls;
	uint64_t gpa[4], status;
};

static enum cvm_verdict on_attack(void *ctx, enum cvm_attack what, uint64_t gpa, uint64_t status)
{
	struct verdicts *verdicts = ctx;

	assert_int_equal(what, CVM_ATTACK_ALREADY_ACCEPTED);
	verdicts->gpa[verdicts->calls++] = gpa;
	verdicts->status = status;
	return verdicts->verdict;
}

static struct world *with_verdicts(struct verdicts *verdicts)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct cvm_acceptor_config config = world->acceptor.config;
	const struct cvm_host host = { .on_attack = on_attack, .ctx = verdicts };

	config.host = &host;
	world_reset(world, &config);
	return world;
}

/* CONTINUE: the page counts as accepted and the rest of the unit is accepted, each page once. */
static void test_double_continue(void **state)
{
	struct verdicts verdicts = { .verdict = CVM_VERDICT_CONTINUE };
	struct world *world = with_verdicts(&verdicts);
	struct cvm_accept_stats stats;

	fake_mood(world->fake, BASE, FAKE_CLAIM);
	fake_mood(world->fake, BASE + 9 * PAGE, FAKE_CLAIM);
	fake_mood(world->fake, BASE + UNIT - PAGE, FAKE_CLAIM);
	assert_int_equal(accept_range(world, BASE, BASE + 2 * UNIT), 0);
	assert_int_equal(verdicts.calls, 3);
	assert_int_equal(verdicts.gpa[0], BASE);
	assert_int_equal(verdicts.gpa[1], BASE + 9 * PAGE);
	assert_int_equal(verdicts.gpa[2], BASE + UNIT - PAGE);
	assert_int_equal(verdicts.status, 0xdead0000u + 7);
	assert_int_equal(world->fake->stops, 0);
	assert_true(world_exact(world));
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 3);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.already_accepted, 3);
	assert_int_equal(stats.accepted[CVM_LEVEL_4K], 512 - 3);
	assert_int_equal(stats.bytes[CVM_CAUSE_RESERVED], 2 * UNIT);
	world_free(world);
}

static void test_double_verdict_stop(void **state)
{
	struct verdicts verdicts = { .verdict = CVM_VERDICT_TERMINATE };
	struct world *world = with_verdicts(&verdicts);

	fake_mood(world->fake, BASE, FAKE_CLAIM);
	assert_int_equal(accept_range(world, BASE, BASE + UNIT), CVM_EALREADY);
	assert_int_equal(verdicts.calls, 1);
	assert_int_equal(world->fake->stops, 1);
	world_free(world);
}

/* A refusal behind a double acceptance that was let pass is still a refusal. */
static void test_double_then_refused(void **state)
{
	struct verdicts verdicts = { .verdict = CVM_VERDICT_CONTINUE };
	struct world *world = with_verdicts(&verdicts);

	fake_mood(world->fake, BASE, FAKE_CLAIM);
	fake_mood(world->fake, BASE + PAGE, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + UNIT), CVM_EIO);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX);
	world_free(world);
}

/* Platforms that break their contract. */
struct broken {
	struct cvm_platform platform;
	uint64_t done, where, where_bytes;
	int error;
	bool whole; /* says that all pages were accepted */
	unsigned calls, stops;
};

static int broken_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			 struct cvm_accept_result *result)
{
	struct broken *broken = (struct broken *)platform;

	if (broken->calls++ > 100)
		abort();
	result->done = broken->done;
	result->accepted[CVM_LEVEL_2M] = broken->whole;
	result->where = broken->where;
	result->where_bytes = broken->where_bytes;
	return broken->error;
}

static void broken_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
			     uint64_t gpa)
{
	((struct broken *)platform)->stops++;
}

static void test_broken_platforms(void **state)
{
	static const struct broken cases[] = {
		{ .done = 0 },
		{ .done = 0, .whole = true },
		{ .done = UNIT - PAGE },
		{ .done = UNIT - PAGE, .whole = true },
		{ .done = UNIT + PAGE },
		{ .error = CVM_EALREADY, .where = BASE - PAGE, .where_bytes = PAGE },
		{ .error = CVM_EALREADY, .where = BASE + UNIT, .where_bytes = PAGE },
		{ .error = CVM_EALREADY, .where = BASE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct verdicts verdicts = { .verdict = CVM_VERDICT_CONTINUE };
		struct world *world = with_verdicts(&verdicts);
		struct cvm_acceptor_config config = world->acceptor.config;
		const struct cvm_host host = world->acceptor.host;
		struct broken broken = cases[i];

		broken.platform.accept = broken_accept;
		broken.platform.terminate = broken_terminate;
		config.platform = &broken.platform;
		config.host = &host;
		world_reset(world, &config);
		assert_int_equal(accept_range(world, BASE, BASE + PAGE), CVM_EIO);
		assert_int_equal(world->table->bitmap[0], UINT64_MAX);
		assert_int_equal(verdicts.calls, 0);
		world_free(world);
	}
}

/* A platform must have what an acceptor calls, now or when something goes wrong. */
static void test_incomplete_platform(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct cvm_platform platform = world->fake->platform;
	struct cvm_acceptor acceptor;

	config.platform = &platform;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	platform.terminate = NULL;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_EINVAL);
	platform = world->fake->platform;
	platform.accept = NULL;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_EINVAL);
	world_free(world);
}

/* No unit at or above the end of private addresses (I6). */
static void test_gpa_end(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct cvm_platform platform = world->fake->platform;
	struct cvm_acceptor acceptor;

	config.platform = &platform;
	platform.gpa_end = BASE + 64 * UNIT;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	platform.gpa_end = BASE + 32 * UNIT;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_ERANGE);
	world->table->bitmap[0] = (UINT64_C(1) << 32) - 1;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
	world->table->bitmap[0] |= UINT64_C(1) << 32;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), CVM_ERANGE);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_guard),
		cmocka_unit_test(test_double_stops),
		cmocka_unit_test(test_double_stop_returns),
		cmocka_unit_test(test_double_continue),
		cmocka_unit_test(test_double_verdict_stop),
		cmocka_unit_test(test_double_then_refused),
		cmocka_unit_test(test_broken_platforms),
		cmocka_unit_test(test_incomplete_platform),
		cmocka_unit_test(test_gpa_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
