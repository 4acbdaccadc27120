/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

/* Two CPUs and a platform call that stands still half way: who waits for what. */

#define BASE (4 * GIB)
#define UNIT (2 * MIB)

static struct job job_of(struct world *world, uint64_t first, uint64_t last)
{
	return (struct job){ .run = world_accept,
			     .ctx = world,
			     .start = BASE + first * UNIT,
			     .end = BASE + last * UNIT };
}

static bool bit(struct world *world, unsigned unit)
{
	return __atomic_load_n(&world->table->bitmap[0], __ATOMIC_RELAXED) >> unit & 1;
}

/* A unit is published after its last byte was accepted, and no call returns before that. */
static void test_publish_last(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct job first = job_of(world, 4, 5), second = job_of(world, 4, 5);
	uint64_t half = BASE + 4 * UNIT + MIB;
	struct cvm_accept_stats stats;

	fake_mood(world->fake, half, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	assert_int_equal(fake_at(world->fake, half - PAGE), FAKE_ACCEPTED);
	assert_true(bit(world, 4));
	assert_true(cvm_is_unaccepted(&world->acceptor, BASE + 4 * UNIT, BASE + 4 * UNIT + 1));
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	fake_open(world->fake, half);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(job_join(&second), 0);
	assert_int_equal(world->fake->calls, 1);
	cvm_acceptor_get_stats(&world->acceptor, &stats);
	assert_int_equal(stats.waits, 1);
	assert_int_equal(stats.units, 1);
	assert_true(world_exact(world));
	world_free(world);
}

/* The second of two overlapping ranges begins with what is free, and then waits. */
static void test_share_the_work(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 64, NULL, false, 1);
	struct job first = job_of(world, 0, 4), second = job_of(world, 0, 6);

	fake_mood(world->fake, BASE, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	/* Units 1 to 5 by the second CPU, while unit 0 is still under way. */
	assert_int_equal(world->fake->calls, 6);
	for (unsigned i = 1; i < 6; i++) {
		assert_int_equal(world->fake->call[i].start, BASE + i * UNIT);
		assert_false(bit(world, i));
	}
	assert_true(bit(world, 0));
	fake_open(world->fake, BASE);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(job_join(&second), 0);
	assert_int_equal(world->fake->calls, 6);
	assert_true(world_exact(world));
	world_free(world);
}

/* The same with runs: the second takes what the first one's run has left. */
static void test_share_runs(void **state)
{
	struct world *world = world_in_runs(BASE, UNIT, 64, NULL, false, 4);
	struct job first = job_of(world, 0, 6), second = job_of(world, 2, 8);

	fake_mood(world->fake, BASE + UNIT, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	assert_int_equal(world->fake->calls, 2);
	assert_int_equal(world->fake->call[0].start, BASE);
	assert_int_equal(world->fake->call[0].end, BASE + 4 * UNIT);
	assert_int_equal(world->fake->call[1].start, BASE + 4 * UNIT);
	assert_int_equal(world->fake->call[1].end, BASE + 8 * UNIT);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0xf0);
	fake_open(world->fake, BASE + UNIT);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(job_join(&second), 0);
	assert_int_equal(world->fake->calls, 2);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0xff);
	assert_true(world_exact(world));
	world_free(world);
}

/* No lock is held across the platform's call: others come and go meanwhile. */
static void test_disjoint(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, true);
	struct job first = job_of(world, 4, 5);

	fake_mood(world->fake, BASE + 4 * UNIT, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	assert_int_equal(
		cvm_accept(&world->acceptor, BASE + 6 * UNIT, BASE + 64 * UNIT, CVM_CAUSE_EAGER),
		0);
	assert_int_equal(
		cvm_accept(&world->acceptor, BASE, BASE + 3 * UNIT + PAGE, CVM_CAUSE_EAGER), 0);
	assert_int_equal(world->table->bitmap[0], 3 << 4);
	fake_open(world->fake, BASE + 4 * UNIT);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(world->table->bitmap[0], 0);
	assert_true(world_exact(world));
	world_free(world);
}

/* The guard unit is waited for as well, but it does not delay the start of any work. */
static void test_guard_waits(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, true);
	struct job first = job_of(world, 5, 6), second = job_of(world, 4, 5);

	fake_mood(world->fake, BASE + 5 * UNIT, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	assert_false(bit(world, 4));
	assert_true(bit(world, 5));
	fake_open(world->fake, BASE + 5 * UNIT);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(job_join(&second), 0);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - (7 << 4));
	world_free(world);
}

static void test_try(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct job first = job_of(world, 4, 5), second = job_of(world, 2, 6);

	fake_mood(world->fake, BASE + 4 * UNIT + MIB, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	second.run = world_try_accept;
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_RETURNED);
	assert_int_equal(job_join(&second), CVM_EBUSY);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x2c);
	fake_open(world->fake, BASE + 4 * UNIT + MIB);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(
		cvm_accept_nowait(&world->acceptor, BASE, BASE + 6 * UNIT, CVM_CAUSE_EARLY), 0);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x3f);
	assert_true(world_exact(world));
	world_free(world);
}

/* A unit that fails while another CPU waits for it: both get an error, and neither hangs. */
static void test_waiter_of_a_refused_unit(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct job first = job_of(world, 4, 5), second = job_of(world, 3, 6);
	uint64_t at = BASE + 4 * UNIT;

	fake_mood(world->fake, at, FAKE_GATE);
	fake_mood(world->fake, at + MIB, FAKE_REFUSE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	fake_open(world->fake, at);
	assert_int_equal(job_join(&first), CVM_EIO);
	assert_int_equal(job_join(&second), CVM_EIO);
	assert_int_equal(world->table->bitmap[0], UINT64_MAX - 0x28);
	world_free(world);
}

/* A refused unit and one under way: the refusal is what try has to say in the end. */
static void test_try_refused_and_busy(void **state)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);
	struct job first = job_of(world, 4, 5);
	uint64_t at = BASE + 4 * UNIT;

	fake_mood(world->fake, BASE + 3 * UNIT, FAKE_REFUSE);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, BASE, at, CVM_CAUSE_EARLY), CVM_EIO);
	fake_mood(world->fake, at, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, at, at + 1, CVM_CAUSE_EARLY),
			 CVM_EBUSY);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, BASE, at, CVM_CAUSE_EARLY), CVM_EIO);
	assert_int_equal(cvm_accept_nowait(&world->acceptor, BASE, at + 1, CVM_CAUSE_EARLY),
			 CVM_EIO);
	fake_open(world->fake, at);
	assert_int_equal(job_join(&first), 0);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_publish_last),
		cmocka_unit_test(test_share_the_work),
		cmocka_unit_test(test_share_runs),
		cmocka_unit_test(test_disjoint),
		cmocka_unit_test(test_guard_waits),
		cmocka_unit_test(test_try),
		cmocka_unit_test(test_waiter_of_a_refused_unit),
		cmocka_unit_test(test_try_refused_and_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
