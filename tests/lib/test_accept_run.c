/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

/* Runs: how many calls of the platform, which units in each, and what a rejection costs. */

#define BASE (4 * GIB)
#define UNIT (2 * MIB)

static int accept_range(struct world *world, uint64_t start, uint64_t end)
{
	return cvm_accept(&world->acceptor, start, end, CVM_CAUSE_EAGER);
}

static void check_call(struct world *world, unsigned number, uint64_t first, uint64_t last)
{
	uint64_t base = world->fake->base, unit = world->table->unit_size;

	assert_true(number < world->fake->calls);
	assert_int_equal((world->fake->call[number].start - base) / unit, first);
	assert_int_equal((world->fake->call[number].end - base) / unit, last);
}

static void test_one_call(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 1024, NULL, true, 512);

	assert_int_equal(accept_range(world, BASE, BASE + GIB), 0);
	assert_int_equal(world->fake->calls, 1);
	/* With the guard. */
	check_call(world, 0, 0, 513);
	assert_int_equal(cvm_unaccepted_bytes(&world->acceptor), 511 * UNIT);
	assert_true(world_exact(world));
	world_free(world);
}

static void test_default(void **state)
{
	struct world *world = world_new(BASE, UNIT, 1024, NULL, true);

	assert_int_equal(accept_range(world, BASE, BASE + GIB), 0);
	assert_int_equal(world->fake->calls, GIB / CVM_RUN_DEFAULT);
	for (unsigned i = 0; i < 8; i++)
		check_call(world, i, i * 64, i * 64 + 64 + i / 7);
	assert_true(world_exact(world));
	world_free(world);
}

/* A bound is rounded down to a power of two, and is at least one unit. */
static void test_bounds(void **state)
{
	static const struct {
		uint64_t bytes;
		unsigned calls;
	} bounds[] = {
		{ 1, 64 },
		{ UNIT, 64 },
		{ 2 * UNIT - 1, 64 },
		{ 3 * UNIT, 32 },
		{ 7 * UNIT + PAGE, 16 },
		{ 64 * UNIT, 1 },
		{ 1000 * UNIT, 1 },
		{ UINT64_MAX, 1 },
	};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		struct world *world = world_new(BASE, UNIT, 64, NULL, false);
		struct cvm_acceptor_config config = world->acceptor.config;

		config.run_bytes = bounds[i].bytes;
		world_reset(world, &config);
		assert_int_equal(accept_range(world, BASE, BASE + 64 * UNIT), 0);
		assert_int_equal(world->fake->calls, bounds[i].calls);
		assert_true(world_exact(world));
		world_free(world);
	}
}

/* A long range that begins anywhere is cut where large pages begin. */
static void test_cuts(void **state)
{
	struct world *world = world_in_runs(BASE - 3 * UNIT, UNIT, 200, NULL, false, 64);
	uint64_t start = BASE - 2 * UNIT;

	assert_int_equal(accept_range(world, start, start + 190 * UNIT), 0);
	assert_int_equal(world->fake->calls, 4);
	check_call(world, 0, 1, 3);
	check_call(world, 1, 3, 67);
	check_call(world, 2, 67, 131);
	check_call(world, 3, 131, 191);
	assert_true(world_exact(world));
	world_free(world);
}

/* Units that are accepted already are in no run, whole words of the bitmap or not. */
static void test_holes(void **state)
{
	uint64_t bits[] = { UINT64_MAX << 60, UINT64_MAX, UINT64_MAX, 0x10007, 0, UINT64_MAX };
	struct world *world = world_in_runs(BASE, UNIT, 384, bits, false, 4096);

	assert_int_equal(accept_range(world, BASE, BASE + 384 * UNIT), 0);
	assert_int_equal(world->fake->calls, 3);
	check_call(world, 0, 60, 195);
	check_call(world, 1, 208, 209);
	check_call(world, 2, 320, 384);
	assert_true(world_exact(world));
	world_free(world);
}

/* No unit that the range does not need, on either side. */
static void test_needed_alone(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 384, NULL, false, 4096);

	assert_int_equal(accept_range(world, BASE + 100 * UNIT, BASE + 300 * UNIT), 0);
	assert_int_equal(world->fake->calls, 1);
	check_call(world, 0, 100, 300);
	assert_int_equal(accept_range(world, BASE + 64 * UNIT, BASE + 310 * UNIT), 0);
	check_call(world, 1, 64, 100);
	check_call(world, 2, 300, 310);
	assert_true(world_exact(world));
	world_free(world);
}

static bool is_set(const struct world *world, uint64_t unit)
{
	return world->table->bitmap[unit / 64] >> unit % 64 & 1;
}

static void test_refused(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 256, NULL, true, 256);
	struct cvm_accept_stats stats;

	fake_mood(world->fake, BASE + 70 * UNIT + 5 * PAGE, FAKE_REFUSE);
	fake_mood(world->fake, BASE + 71 * UNIT, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + 200 * UNIT), CVM_EIO);
	assert_int_equal(world->fake->calls, 3);
	check_call(world, 0, 0, 201);
	check_call(world, 1, 71, 201);
	check_call(world, 2, 72, 201);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(is_set(world, i), i == 70 || i == 71 || i > 200);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.failed, 2);
	assert_int_equal(stats.units, 199);
	assert_int_equal(stats.bytes[CVM_CAUSE_EAGER], 199 * UNIT);
	assert_true(fake_clean(world->fake));
	/* They stay failed, and the platform is not asked again. */
	assert_int_equal(accept_range(world, BASE, BASE + 200 * UNIT), CVM_EIO);
	assert_int_equal(accept_range(world, BASE, BASE + 69 * UNIT), 0);
	assert_int_equal(accept_range(world, BASE, BASE + 70 * UNIT), CVM_EIO);
	assert_int_equal(world->fake->calls, 3);
	world_free(world);
}

/* A guard that is rejected costs nothing but itself. */
static void test_refused_guard(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 64, NULL, true, 64);

	fake_mood(world->fake, BASE + 3 * UNIT + 9 * PAGE, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + 3 * UNIT), CVM_EIO);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX << 3);
	assert_int_equal(accept_range(world, BASE, BASE + 3 * UNIT - PAGE), 0);
	assert_int_equal(world->fake->calls, 1);
	world_free(world);
}

static enum cvm_verdict go_on(void *ctx, enum cvm_attack what, uint64_t gpa, uint64_t status)
{
	++*(unsigned *)ctx;
	return CVM_VERDICT_CONTINUE;
}

/* "Accepted already" here and there in a run, and a rejection between. */
static void test_double(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct cvm_acceptor_config config = world->acceptor.config;
	unsigned attacks = 0;
	const struct cvm_host host = { .on_attack = go_on, .ctx = &attacks };

	config.host = &host;
	world_reset(world, &config);
	fake_mood(world->fake, BASE + 9 * PAGE, FAKE_CLAIM);
	fake_mood(world->fake, BASE + 5 * UNIT + PAGE, FAKE_REFUSE);
	fake_mood(world->fake, BASE + 7 * UNIT, FAKE_CLAIM);
	fake_mood(world->fake, BASE + 10 * UNIT - PAGE, FAKE_CLAIM);
	assert_int_equal(accept_range(world, BASE, BASE + 10 * UNIT), CVM_EIO);
	assert_int_equal(attacks, 3);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x3df);
	assert_true(fake_clean(world->fake));
	world_free(world);
}

/* terminate() returns, which it should not: the unit is lost, and no other. */
static void test_double_stop_returns(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);

	fake_mood(world->fake, BASE + 3 * UNIT + PAGE, FAKE_CLAIM);
	assert_int_equal(accept_range(world, BASE, BASE + 10 * UNIT), CVM_EALREADY);
	assert_int_equal(world->fake->stops, 1);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x3f7);
	assert_true(fake_clean(world->fake));
	world_free(world);
}

/* A platform that rejects ahead, as SNP's page-state change does: nothing of the batch with a
 * rejected page is accepted. */
struct ahead {
	struct cvm_platform platform;
	struct fake *fake;
	struct world *world;
	uint64_t entry; /* bytes; a batch has 253 */
	unsigned calls;
};

#define BATCH 253

static int accept_ahead(struct cvm_platform *platform, uint64_t start, uint64_t end,
			struct cvm_accept_result *result)
{
	struct ahead *ahead = (struct ahead *)platform;
	struct fake *fake = ahead->fake;
	int error;

	ahead->calls++;
	for (uint64_t at = start, batch; at < end; at = batch) {
		batch = at + BATCH * ahead->entry < end ? at + BATCH * ahead->entry : end;
		for (uint64_t gpa = at; gpa < batch; gpa += PAGE) {
			if (!(fake->mood[(gpa - fake->base) / PAGE] & FAKE_REFUSE))
				continue;
			result->where = gpa;
			result->where_bytes = PAGE;
			return CVM_EIO;
		}
		error = fake->platform.accept(&fake->platform, at, batch, result);
		if (error)
			return error;
	}
	return 0;
}

static void stop_ahead(struct cvm_platform *platform, enum cvm_terminate_reason reason,
		       uint64_t gpa)
{
	struct fake *fake = ((struct ahead *)platform)->fake;

	fake->platform.terminate(&fake->platform, reason, gpa);
}

static void test_refused_ahead(void **state)
{
	uint64_t seed = 7;

	for (unsigned round = 0; round < 40; round++) {
		struct world *world = world_in_runs(BASE, UNIT, 600, NULL, false, 1024);
		struct cvm_acceptor_config config = world->acceptor.config;
		struct ahead ahead = { .platform = fake_calls, .fake = world->fake, .entry = UNIT };
		bool refused[600] = { false };
		struct cvm_accept_stats stats;
		unsigned failed = 0;

		ahead.platform.accept = accept_ahead;
		config.platform = &ahead.platform;
		world_reset(world, &config);
		for (unsigned n = round % 9; n; n--) {
			uint64_t unit = below(&seed, 600);

			failed += !refused[unit];
			refused[unit] = true;
			fake_mood(world->fake, BASE + unit * UNIT + below(&seed, 512) * PAGE,
				  FAKE_REFUSE);
		}
		assert_int_equal(accept_range(world, BASE, BASE + 600 * UNIT),
				 failed ? CVM_EIO : 0);
		for (unsigned unit = 0; unit < 600; unit++)
			assert_int_equal(is_set(world, unit), refused[unit]);
		assert_true(fake_clean(world->fake));
		assert_true(world_exact(world));
		assert_true(ahead.calls <= 1 + 600 + failed);
		cvm_acceptor_get_stats(&world->acceptor, &stats);
		assert_int_equal(stats.failed, failed);
		world_free(world);
	}
}

/*
 * Units that do not divide the batch: a page of the next batch is rejected while a unit is
 * accepted in part. Its rest is accepted, and no page of it a second time.
 */
static void check_in_part(uint32_t unit, const uint64_t *pages, unsigned n)
{
	const uint64_t units = 4 * MIB / unit;
	struct world *world = world_in_runs(BASE, unit, units, NULL, false, units);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct ahead ahead = { .platform = fake_calls, .fake = world->fake, .entry = PAGE };
	bool refused[1024] = { false };
	struct cvm_accept_stats stats;
	unsigned failed = 0;

	ahead.platform.accept = accept_ahead;
	ahead.platform.terminate = stop_ahead;
	config.platform = &ahead.platform;
	world_reset(world, &config);
	for (unsigned i = 0; i < n; i++) {
		uint64_t number = pages[i] * PAGE / unit;

		fake_mood(world->fake, BASE + pages[i] * PAGE, FAKE_REFUSE);
		failed += !refused[number];
		refused[number] = true;
	}
	assert_int_equal(accept_range(world, BASE, BASE + 4 * MIB), n ? CVM_EIO : 0);
	assert_int_equal(world->fake->stops, 0);
	for (uint64_t i = 0; i < units; i++) {
		uint64_t start = BASE + i * unit;

		assert_int_equal(is_set(world, i), refused[i]);
		if (!refused[i])
			assert_int_equal(
				fake_count(world->fake, start, start + unit, FAKE_ACCEPTED),
				unit / PAGE);
	}
	assert_true(fake_clean(world->fake));
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.failed, failed);
	assert_int_equal(stats.units, units - failed);
	assert_int_equal(stats.already_accepted, 0);
	world_free(world);
}

static void test_refused_ahead_in_part(void **state)
{
	static const uint64_t page[] = { 300 };
	uint64_t seed = 11;

	check_in_part(64 << 10, page, 1);
	for (unsigned round = 0; round < 200; round++) {
		uint64_t pages[8];

		for (unsigned i = 0; i < 8; i++)
			pages[i] = below(&seed, 1024);
		check_in_part(4096u << below(&seed, 9), pages, round % 8);
	}
}

/* An event has all of its unit, also if two calls have accepted it. */
static uint64_t no_time(void *ctx)
{
	return 1;
}

static void test_events_in_part(void **state)
{
	static const struct cvm_host host = { .now_ns = no_time };
	struct world *world = world_in_runs(BASE, 64 << 10, 24, NULL, false, 32);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct ahead ahead = { .platform = fake_calls, .fake = world->fake, .entry = PAGE };
	uint64_t slots[32 * sizeof(struct cvm_event) / 8], sequence = 1, bytes = 0, end = BASE;
	struct cvm_events events;
	struct cvm_event event;

	assert_int_equal(cvm_events_init(&events, slots, sizeof(slots)), 0);
	ahead.platform.accept = accept_ahead;
	ahead.platform.terminate = stop_ahead;
	config.platform = &ahead.platform;
	config.host = &host;
	config.events = &events;
	world_reset(world, &config);
	fake_mood(world->fake, BASE + 300 * PAGE, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE, BASE + 24 * (64 << 10)), CVM_EIO);
	while (cvm_events_next(&events, &sequence, &event)) {
		assert_true(event.start >= end);
		end = event.end;
		bytes += event.end - event.start;
	}
	assert_int_equal(bytes, 23 * (64 << 10));
	world_free(world);
}

/* Success that is none: what was done counts, and the rest of the call has failed. */
static int accept_half(struct cvm_platform *platform, uint64_t start, uint64_t end,
		       struct cvm_accept_result *result)
{
	struct ahead *ahead = (struct ahead *)platform;
	uint64_t half = start + (end - start) / 2;

	ahead->calls++;
	return ahead->fake->platform.accept(&ahead->fake->platform, start, half, result);
}

static void test_half(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 64, NULL, false, 32);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct ahead ahead = { .platform = fake_calls, .fake = world->fake };
	struct cvm_accept_stats stats;

	ahead.platform.accept = accept_half;
	config.platform = &ahead.platform;
	world_reset(world, &config);
	assert_int_equal(accept_range(world, BASE, BASE + 64 * UNIT), CVM_EIO);
	assert_int_equal(world->table->bitmap[0], UINT64_C(0xffff0000ffff0000));
	assert_int_equal(ahead.calls, 2);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.failed, 32);
	assert_int_equal(stats.units, 32);
	assert_true(world_exact(world));
	world_free(world);
}

/* Other CPUs have units in the middle: runs on both sides of them. */
static void test_pieces(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 128, NULL, false, 128);
	struct job first = { .run = world_accept,
			     .ctx = world,
			     .start = BASE + 62 * UNIT,
			     .end = BASE + 66 * UNIT };
	struct job second = { .run = world_accept,
			      .ctx = world,
			      .start = BASE + 50 * UNIT,
			      .end = BASE + 80 * UNIT };

	fake_mood(world->fake, BASE + 63 * UNIT, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	assert_int_equal(world->fake->calls, 3);
	check_call(world, 1, 50, 62);
	check_call(world, 2, 66, 80);
	fake_open(world->fake, BASE + 63 * UNIT);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(job_join(&second), 0);
	assert_int_equal(world->fake->calls, 3);
	assert_true(world_exact(world));
	world_free(world);
}

/* The hooks against preemption: around each run, and nowhere else. */
static struct {
	bool masked;
	unsigned pairs;
	int (*accept)(struct cvm_platform *platform, uint64_t start, uint64_t end,
		      struct cvm_accept_result *result);
} hooks;

static unsigned long preempt_save(void *ctx)
{
	assert_ptr_equal(ctx, &hooks);
	assert_false(hooks.masked);
	hooks.masked = true;
	return 0x77;
}

static void preempt_restore(void *ctx, unsigned long was)
{
	assert_int_equal(was, 0x77);
	assert_true(hooks.masked);
	hooks.masked = false;
	hooks.pairs++;
}

static int accept_masked(struct cvm_platform *platform, uint64_t start, uint64_t end,
			 struct cvm_accept_result *result)
{
	assert_true(hooks.masked);
	return hooks.accept(platform, start, end, result);
}

static void test_hooks(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 256, NULL, false, 8);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct cvm_host host = { .preempt_save = preempt_save, .ctx = &hooks };

	config.host = &host;
	assert_int_equal(cvm_acceptor_init(&world->acceptor, &config), CVM_EINVAL);
	host.preempt_restore = preempt_restore;
	hooks.pairs = 0;
	hooks.accept = world->fake->platform.accept;
	world->fake->platform.accept = accept_masked;
	world_reset(world, &config);
	assert_int_equal(accept_range(world, BASE, BASE + PAGE), 0);
	assert_int_equal(hooks.pairs, 1);
	assert_int_equal(accept_range(world, BASE, BASE + PAGE), 0);
	assert_int_equal(hooks.pairs, 1);
	assert_int_equal(accept_range(world, BASE, BASE + 8 * UNIT), 0);
	assert_int_equal(hooks.pairs, 2);
	/* Four runs, of which one is rejected in the middle. */
	fake_mood(world->fake, BASE + 60 * UNIT, FAKE_REFUSE);
	assert_int_equal(accept_range(world, BASE + 48 * UNIT, BASE + 80 * UNIT), CVM_EIO);
	assert_int_equal(hooks.pairs, 6);
	/* A claim that is lost. */
	assert_int_equal(accept_range(world, BASE + 60 * UNIT, BASE + 61 * UNIT), CVM_EIO);
	assert_int_equal(hooks.pairs, 7);
	assert_false(hooks.masked);
	assert_true(fake_clean(world->fake));
	world_free(world);
}

/* Words that are claimed as a whole, while the platform has them. */
static int accept_and_look(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	struct ahead *ahead = (struct ahead *)platform;
	struct world *world = ahead->world;

	ahead->calls++;
	assert_true(cvm_accept_would_wait(&world->acceptor, start, end));
	assert_true(cvm_accept_would_wait(&world->acceptor, end - PAGE, end));
	assert_false(cvm_accept_would_wait(&world->acceptor, end, BASE + 400 * UNIT));
	assert_int_equal(cvm_accept_nowait(&world->acceptor, start, end, CVM_CAUSE_EAGER),
			 CVM_EBUSY);
	return ahead->fake->platform.accept(&ahead->fake->platform, start, end, result);
}

static void test_whole_words(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 400, NULL, false, 256);
	struct cvm_acceptor_config config = world->acceptor.config;
	struct ahead ahead = { .platform = fake_calls, .fake = world->fake, .world = world };
	struct cvm_accept_stats stats;

	ahead.platform.accept = accept_and_look;
	config.platform = &ahead.platform;
	world_reset(world, &config);
	assert_int_equal(cvm_accept(&world->acceptor, BASE, BASE + 192 * UNIT, CVM_CAUSE_PAGES), 0);
	assert_int_equal(ahead.calls, 1);
	assert_false(cvm_accept_would_wait(&world->acceptor, BASE, BASE + 400 * UNIT));
	/* The page allocator's units have no counter but the claims. */
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.units, 192);
	assert_int_equal(stats.bytes[CVM_CAUSE_PAGES], 192 * UNIT);
	assert_true(world_exact(world));
	world_free(world);
}

/* Bytes of claims: a part for each 2048 units. */
static void test_claims_bytes(void **state)
{
	struct cvm_table table = { .unit_size = UNIT, .size = 0 };

	assert_int_equal(cvm_claims_bytes(&table), 0);
	table.size = 1;
	assert_int_equal(cvm_claims_bytes(&table), 520);
	table.size = 256;
	assert_int_equal(cvm_claims_bytes(&table), 520);
	table.size = 257;
	assert_int_equal(cvm_claims_bytes(&table), 1040);
	table.size = 256 << 10;
	assert_int_equal(cvm_claims_bytes(&table), 1024 * 520);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_call),       cmocka_unit_test(test_default),
		cmocka_unit_test(test_bounds),	       cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_holes),	       cmocka_unit_test(test_needed_alone),
		cmocka_unit_test(test_refused),	       cmocka_unit_test(test_refused_guard),
		cmocka_unit_test(test_double),	       cmocka_unit_test(test_double_stop_returns),
		cmocka_unit_test(test_refused_ahead),  cmocka_unit_test(test_half),
		cmocka_unit_test(test_pieces),	       cmocka_unit_test(test_claims_bytes),
		cmocka_unit_test(test_hooks),	       cmocka_unit_test(test_whole_words),
		cmocka_unit_test(test_events_in_part), cmocka_unit_test(test_refused_ahead_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
