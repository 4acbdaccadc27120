/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

/* Eight CPUs, random ranges, a small table: each page once, and accepted at each return. */

#define BASE	GIB
#define UNITS	48
#define THREADS 8
#define ROUNDS	60

struct worker {
	struct job job;
	struct world *world;
	uint64_t seed;
	bool guard;
	unsigned wrong;
};

/* No CPU accepts for the page allocator, and the counters never show that one has. */
static bool counted_wrongly(const struct cvm_acceptor *acceptor)
{
	struct cvm_accept_stats stats;

	cvm_acceptor_get_stats(acceptor, &stats);
	return stats.bytes[CVM_CAUSE_PAGES];
}

static void one_range(struct worker *worker)
{
	struct world *world = worker->world;
	uint64_t unit = world->table->unit_size, size = UNITS * unit;
	uint64_t start = BASE + below(&worker->seed, size);
	uint64_t end = start + 1 + below(&worker->seed, 6 * unit), top = end;
	bool try = !below(&worker->seed, 4);
	int error;

	if (!below(&worker->seed, 3))
		end = top = end / unit * unit;
	if (start >= end)
		return;
	error = (try ? cvm_accept_nowait : cvm_accept)(&world->acceptor, start, end,
						       CVM_CAUSE_FAULT);
	if (counted_wrongly(&world->acceptor))
		worker->wrong++;
	if (try && error == CVM_EBUSY)
		return;
	top = (top + PAGE - 1) / PAGE * PAGE;
	if (worker->guard && top % unit == 0)
		top += unit;
	if (error || !fake_all_accepted(world->fake, start, top))
		worker->wrong++;
	if (cvm_is_unaccepted(&world->acceptor, start, end))
		worker->wrong++;
}

static int work(struct job *job)
{
	struct worker *worker = (struct worker *)job;

	for (int i = 0; i < 40; i++)
		one_range(worker);
	return 0;
}

static void run(uint32_t unit, bool guard)
{
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t run_units = UINT64_C(1) << round / 2 % 6;
		struct world *world = world_in_runs(BASE, unit, UNITS, NULL, guard, run_units);
		struct worker workers[THREADS] = { 0 };
		struct cvm_accept_stats stats;

		if (round % 2)
			world->fake->max_level = CVM_LEVEL_4K;
		for (unsigned i = 0; i < THREADS; i++) {
			workers[i].job.run = work;
			workers[i].world = world;
			workers[i].seed = round * THREADS + i;
			workers[i].guard = guard;
			job_start(&workers[i].job);
		}
		for (unsigned i = 0; i < THREADS; i++) {
			job_join(&workers[i].job);
			assert_int_equal(workers[i].wrong, 0);
		}
		assert_true(world_exact(world));
		cvm_acceptor_get_stats(&world->acceptor, &stats);
		assert_int_equal(stats.units, world->fake->pages * PAGE / unit);
		assert_true(run_units == 1 ? world->fake->calls == stats.units
					   : world->fake->calls < stats.units);
		assert_int_equal(stats.bytes[CVM_CAUSE_FAULT], world->fake->pages * PAGE);
		assert_int_equal(cvm_unaccepted_bytes(&world->acceptor),
				 UNITS * (uint64_t)unit - world->fake->pages * PAGE);
		world_free(world);
	}
}

static void test_large_units(void **state)
{
	run(2 << 20, false);
}

static void test_large_units_guard(void **state)
{
	run(2 << 20, true);
}

static void test_small_units(void **state)
{
	run(4 << 10, false);
}

static void test_small_units_guard(void **state)
{
	run(4 << 10, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_large_units),
		cmocka_unit_test(test_large_units_guard),
		cmocka_unit_test(test_small_units),
		cmocka_unit_test(test_small_units_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
