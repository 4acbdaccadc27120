/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/pages.h>

#include "machine.h"

/*
 * What an allocation pays for, by the platform's own count: one pageblock, or one unit if units are
 * larger, guard and descriptors included.
 */

#define BASE (4 * GIB)
#define SIZE (5 * GIB / 8)

static uint64_t accepted(struct machine *machine)
{
	return machine->fake->pages * PAGE;
}

/* Holes of a page or more where the boot allocator had reserved something. */
static struct machine *make(uint32_t unit, bool guard, bool holes, uint64_t *seed)
{
	struct cvm_range ranges[2] = {
		{ BASE, BASE + 3 * CVM_PAGEBLOCK, 0, CVM_MEM_RAM },
		{ BASE + 3 * CVM_PAGEBLOCK, BASE + SIZE, 0, CVM_MEM_UNACCEPTED },
	};
	struct machine *machine = machine_new(BASE, BASE + SIZE, unit, guard, ranges, 2);
	uint64_t at = BASE;

	while (holes && at < BASE + 100 * CVM_PAGEBLOCK) {
		uint64_t end = at + (1 + below(seed, 3)) * CVM_PAGEBLOCK;

		machine_add(machine, at, end - below(seed, 20) * PAGE);
		at = end + below(seed, 20) * PAGE;
	}
	if (at % CVM_PAGEBLOCK)
		at += CVM_PAGEBLOCK - at % CVM_PAGEBLOCK;
	machine_add(machine, at, BASE + SIZE);
	machine->fake->pages = 0;
	return machine;
}

static void run(uint32_t unit, bool guard, bool holes, unsigned orders, bool caches)
{
	uint64_t most = unit > CVM_PAGEBLOCK ? unit : CVM_PAGEBLOCK,
		 seed = unit + guard + 2 * holes;
	struct machine *machine = make(unit, guard, holes, &seed);
	struct cvm_cache cache;

	cvm_cache_init(&cache, &machine->pages);
	/* Past the second pageblock of descriptors. */
	while (machine_stats(machine).allocated < (SIZE - 32 * CVM_PAGEBLOCK) / PAGE) {
		uint64_t before = accepted(machine), gpa;
		unsigned order = (unsigned)below(&seed, orders);

		if (caches)
			assert_int_equal(cvm_cache_alloc(&cache, order, &gpa), 0);
		else
			assert_int_equal(cvm_pages_alloc(&machine->pages, order, &gpa), 0);
		assert_true(accepted(machine) - before <= most);
	}
	assert_true(machine_accepted(machine, CVM_CAUSE_MEMMAP) > 0);
	assert_true(fake_clean(machine->fake));
	machine_free(machine);
}

static void test_one_unit(void **state)
{
	static const uint32_t units[] = { 64 << 10, 2 << 20, 16 << 20 };

	for (int i = 0; i < 3; i++)
		for (int how = 0; how < 8; how++)
			run(units[i], how & 1, how & 2, how & 4 ? 8 : 5, false);
}

static void test_one_unit_cached(void **state)
{
	for (int how = 0; how < 4; how++)
		run(2 << 20, how & 1, how & 2, 4, true);
}

/* The very first allocation: a unit, no guard, no descriptors. */
static void test_first(void **state)
{
	for (unsigned order = 0; order < 9; order++) {
		struct cvm_range range = { BASE, BASE + 64 * MIB, 0, CVM_MEM_UNACCEPTED };
		struct machine *machine = machine_new(BASE, range.end, 2 << 20, true, &range, 1);
		uint64_t gpa;

		machine_add_all(machine);
		assert_int_equal(cvm_pages_alloc(&machine->pages, order, &gpa), 0);
		assert_int_equal(machine->fake->calls, 1);
		assert_int_equal(accepted(machine), CVM_PAGEBLOCK);
		/* The pageblock's last page waits for its guard, and then completes the pageblock.
		 */
		assert_int_equal(machine_stats(machine).pending,
				 (64 * MIB - CVM_PAGEBLOCK) / PAGE + 1);
		assert_int_equal(cvm_pages_free(&machine->pages, gpa, order), 0);
		assert_int_equal(machine_exhaust(machine, 9) * 512 + machine_stats(machine).memmap,
				 machine->total);
		machine_check(machine);
		machine_free(machine);
	}
}

static int alloc(struct job *job)
{
	struct machine *machine = job->ctx;

	return cvm_pages_alloc(&machine->pages, job->order, &job->gpa);
}

static int grow(struct job *job)
{
	struct machine *machine = job->ctx;

	return cvm_pages_populate(&machine->pages, CVM_CAUSE_BACKGROUND, &job->gpa);
}

/*
 * The background acceptor stands in the middle of a pageblock, or of its guard: an allocation takes
 * another one, as long as there is one. In a run the guard is under way from the begin on.
 */
static void test_no_wait(void **state)
{
	for (int how = 0; how < 4; how++) {
		bool runs = how & 1, in_guard = runs || how & 2;
		struct cvm_range range = { BASE, BASE + 5 * CVM_PAGEBLOCK, 0, CVM_MEM_UNACCEPTED };
		struct machine *machine = machine_new(BASE, range.end, 2 << 20, true, &range, 1);
		struct job acceptor = { .run = grow, .ctx = machine };
		struct job last = { .run = alloc, .ctx = machine };
		uint64_t at = BASE + (unsigned)(how / 2) * CVM_PAGEBLOCK, gpa, n = 0;

		machine->acceptor.run_units = runs ? 64 : 1;
		machine_add_all(machine);
		fake_mood(machine->fake, at, FAKE_GATE);
		job_start(&acceptor);
		assert_int_equal(job_settle(&acceptor), JOB_AT_GATE);
		/* Sections 1 to 4, or 2 to 4. The last page below what is accepted just now
		 * needs it as its guard. */
		for (uint64_t i = in_guard ? 2 : 1; i < 5; i++, n++)
			for (int j = 0; j < 511; j++) {
				assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa), 0);
				assert_true(gpa >= BASE + CVM_PAGEBLOCK);
			}
		while (!cvm_pages_alloc_nowait(&machine->pages, 0, &gpa))
			;
		/* Now there is none. */
		for (int j = 0; j < 4 - in_guard; j++) {
			struct cvm_pages_stats stats = machine_stats(machine);

			if (stats.pending <= (in_guard ? 512u : 0u))
				break;
			assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa), 0);
		}
		while (!cvm_pages_alloc_nowait(&machine->pages, 0, &gpa))
			;
		job_start(&last);
		assert_int_equal(job_settle(&last), JOB_WAITING);
		fake_open(machine->fake, at);
		assert_int_equal(job_join(&acceptor), 0);
		assert_int_equal(job_join(&last), 0);
		assert_true(fake_clean(machine->fake));
		machine_free(machine);
	}
}

/* A unit that was rejected has failed for ever: no CPU waits for it. */
static void test_would_wait(void **state)
{
	struct cvm_range range = { BASE, BASE + 8 * CVM_PAGEBLOCK, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, range.end, 2 << 20, false, &range, 1);
	struct cvm_acceptor *acceptor = &machine->acceptor;
	struct job acceptor_job = { .run = grow, .ctx = machine };

	machine->refuses = true;
	machine_add_all(machine);
	assert_false(cvm_accept_would_wait(acceptor, BASE, range.end));
	fake_mood(machine->fake, BASE, FAKE_GATE);
	fake_mood(machine->fake, BASE + PAGE, FAKE_REFUSE);
	job_start(&acceptor_job);
	assert_int_equal(job_settle(&acceptor_job), JOB_AT_GATE);
	assert_true(cvm_accept_would_wait(acceptor, BASE, range.end));
	assert_true(cvm_accept_would_wait(acceptor, BASE + CVM_PAGEBLOCK - PAGE, range.end));
	assert_false(cvm_accept_would_wait(acceptor, BASE + CVM_PAGEBLOCK, range.end));
	assert_false(cvm_accept_would_wait(acceptor, 0, BASE));
	assert_false(cvm_accept_would_wait(acceptor, range.end, range.end + GIB));
	fake_open(machine->fake, BASE);
	assert_int_equal(job_join(&acceptor_job), CVM_EIO);
	assert_true(cvm_is_unaccepted(acceptor, BASE, BASE + PAGE));
	assert_false(cvm_accept_would_wait(acceptor, BASE, range.end));
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_unit),   cmocka_unit_test(test_one_unit_cached),
		cmocka_unit_test(test_first),	   cmocka_unit_test(test_no_wait),
		cmocka_unit_test(test_would_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
