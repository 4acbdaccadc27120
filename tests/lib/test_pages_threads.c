/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine.h"

/* The page allocator with many CPUs, and with one whose platform call stands still. */

#define BASE	GIB
#define THREADS 8
#define HELD	24

static struct machine *simple(uint64_t accepted, uint64_t pageblocks, bool guard)
{
	uint64_t middle = BASE + accepted * CVM_PAGEBLOCK, end = BASE + pageblocks * CVM_PAGEBLOCK;
	struct cvm_range ranges[] = {
		{ BASE, middle, 0, CVM_MEM_RAM },
		{ middle, end, 0, CVM_MEM_UNACCEPTED },
	};
	size_t skip = !accepted;
	struct machine *machine = machine_new(BASE, end, 2 << 20, guard, ranges + skip, 2 - skip);

	machine_add_all(machine);
	return machine;
}

struct worker {
	struct job job;
	struct machine *machine;
	uint64_t seed;
	unsigned wrong, got;
	struct block held[HELD];
};

static void take(struct worker *worker, struct block *block)
{
	struct cvm_pages *pages = &worker->machine->pages;
	struct fake *fake = worker->machine->fake;
	bool try = !below(&worker->seed, 5);
	int error;

	block->order = (unsigned)below(&worker->seed, below(&worker->seed, 10) ? 4 : 11);
	error = (try ? cvm_pages_alloc_nowait : cvm_pages_alloc)(pages, block->order, &block->gpa);
	if (error) {
		worker->wrong += error != CVM_ENOMEM;
		block->gpa = 0;
		return;
	}
	block->pattern = rng(&worker->seed);
	worker->wrong += !fake_all_accepted(fake, block->gpa, block->gpa + (PAGE << block->order));
	worker->wrong += *cvm_pages_owner(pages, block->gpa) != 0;
	*cvm_pages_owner(pages, block->gpa) = (uint32_t)worker->seed;
	block_write(fake, block);
	worker->got++;
}

static void give(struct worker *worker, struct block *block)
{
	worker->wrong += !block_intact(worker->machine->fake, block);
	worker->wrong += cvm_pages_free(&worker->machine->pages, block->gpa, block->order) != 0;
	block->gpa = 0;
}

static int work(struct job *job)
{
	struct worker *worker = (struct worker *)job;

	for (int i = 0; i < 400; i++) {
		struct block *block = &worker->held[below(&worker->seed, HELD)];

		if (block->gpa)
			give(worker, block);
		else
			take(worker, block);
	}
	for (int i = 0; i < HELD; i++)
		if (worker->held[i].gpa)
			give(worker, &worker->held[i]);
	return 0;
}

static void test_many(void **state)
{
	for (unsigned round = 0; round < 12; round++) {
		/* From plenty to less than is asked for. */
		struct machine *machine = simple(round % 3, 8 + 8 * round, true);
		struct worker *workers = calloc(THREADS, sizeof(*workers));
		struct cvm_pages_stats stats;
		uint64_t seed = round;

		for (unsigned i = 0; i < THREADS; i++) {
			workers[i].job.run = work;
			workers[i].machine = machine;
			workers[i].seed = 100 * round + i;
			job_start(&workers[i].job);
		}
		for (unsigned i = 0; i < THREADS; i++) {
			job_join(&workers[i].job);
			assert_int_equal(workers[i].wrong, 0);
			assert_true(workers[i].got > 0);
		}
		machine_check(machine);
		stats = machine_stats(machine);
		assert_int_equal(stats.allocated, 0);
		assert_int_equal(stats.free + stats.memmap, stats.total);
		/* And no memory is missing: all of it can be allocated. */
		machine_exhaust(machine, 0);
		stats = machine_stats(machine);
		assert_int_equal(stats.allocated + stats.memmap, stats.total);
		machine_release_all(machine, &seed);
		machine_check(machine);
		free(workers);
		machine_free(machine);
	}
}

static int alloc(struct job *job)
{
	struct machine *machine = job->ctx;

	return cvm_pages_alloc(&machine->pages, job->order, &job->gpa);
}

static struct job job_of(struct machine *machine, unsigned order)
{
	return (struct job){ .run = alloc, .ctx = machine, .order = order };
}

/* While one CPU's call stands still, others allocate, free, and populate other memory. */
static void test_no_lock_across_the_call(void **state)
{
	struct machine *machine = simple(0, 32, false);
	uint64_t at = BASE + CVM_PAGEBLOCK, small, large;
	struct job job = job_of(machine, 9);
	struct cvm_pages_stats stats;

	assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &small), 0);
	fake_mood(machine->fake, at + MIB, FAKE_GATE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	assert_int_equal(cvm_pages_free(&machine->pages, small, 0), 0);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 3, &small), 0);
	assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 0, &large), 0);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 9, &large), 0);
	assert_int_equal(large, BASE + 2 * CVM_PAGEBLOCK);
	fake_open(machine->fake, at + MIB);
	assert_int_equal(job_join(&job), 0);
	assert_int_equal(job.gpa, at);
	stats = machine_stats(machine);
	assert_int_equal(stats.allocated, 8 + 1 + 512 + 512);
	assert_int_equal(stats.free + stats.allocated, stats.total);
	assert_true(fake_clean(machine->fake));
	machine_free(machine);
}

/* The same while room for descriptors is made. */
static void test_no_lock_for_descriptors(void **state)
{
	struct machine *machine = simple(0, 64, false);
	uint64_t top = BASE + 63 * CVM_PAGEBLOCK, gpa;
	struct job job = job_of(machine, 9), other = job_of(machine, 9);

	fake_mood(machine->fake, top, FAKE_GATE);
	/* Room for the next pageblock is used up: half of the last one is left for the CPU that
	 * makes more. */
	while (machine_stats(machine).pending > 58 * 512 + 256)
		assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa), 0);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa), 0);
	assert_int_equal(cvm_pages_free(&machine->pages, gpa, 0), 0);
	/* A CPU that needs descriptors as well waits for them, and does not take another pageblock.
	 */
	job_start(&other);
	assert_int_equal(job_settle(&other), JOB_WAITING);
	fake_open(machine->fake, top);
	assert_int_equal(job_join(&job), 0);
	assert_int_equal(job_join(&other), 0);
	assert_int_equal(machine_stats(machine).memmap, 512);
	assert_true(fake_clean(machine->fake));
	machine_free(machine);
}

/* The last pageblock is being populated: there will be memory for a second CPU. */
static void test_wait_for_the_last(void **state)
{
	struct machine *machine = simple(0, 2, false);
	struct job first = job_of(machine, 0), second = job_of(machine, 0);
	uint64_t at = BASE + CVM_PAGEBLOCK, gpa;

	assert_int_equal(cvm_pages_alloc(&machine->pages, 9, &gpa), 0);
	fake_mood(machine->fake, at, FAKE_GATE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 0, &gpa), CVM_ENOMEM);
	fake_open(machine->fake, at);
	assert_int_equal(job_join(&first), 0);
	assert_int_equal(job_join(&second), 0);
	assert_true(first.gpa != second.gpa);
	assert_int_equal(machine_stats(machine).allocated, 514);
	machine_free(machine);
}

/* The same, but it is rejected: both calls fail, and neither waits for ever. */
static void test_wait_for_a_refused_one(void **state)
{
	struct machine *machine = simple(0, 2, false);
	struct job first = job_of(machine, 0), second = job_of(machine, 0);
	uint64_t at = BASE + CVM_PAGEBLOCK, gpa;

	assert_int_equal(cvm_pages_alloc(&machine->pages, 9, &gpa), 0);
	fake_mood(machine->fake, at, FAKE_GATE);
	fake_mood(machine->fake, at + PAGE, FAKE_REFUSE);
	job_start(&first);
	assert_int_equal(job_settle(&first), JOB_AT_GATE);
	job_start(&second);
	assert_int_equal(job_settle(&second), JOB_WAITING);
	fake_open(machine->fake, at);
	assert_int_equal(job_join(&first), CVM_EIO);
	assert_int_equal(job_join(&second), CVM_ENOMEM);
	assert_int_equal(machine_stats(machine).failed, 512);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_no_lock_across_the_call),
		cmocka_unit_test(test_no_lock_for_descriptors),
		cmocka_unit_test(test_wait_for_the_last),
		cmocka_unit_test(test_wait_for_a_refused_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
