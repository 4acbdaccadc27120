/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/pages.h>
#include <cvmem/reserve.h>

#include "machine.h"

/* The reserve over the page allocator: no storm, every policy, many CPUs, and the wake-up call. */

#define BASE	(4 * GIB)
#define FLOOR	(8 * CVM_PAGEBLOCK)
#define CEILING (32 * CVM_PAGEBLOCK)

struct kept {
	struct machine *machine;
	struct cvm_host host;
	struct cvm_pages_source source;
	struct cvm_reserve reserve;
	unsigned woken; /* atomic */
	uint64_t now;	/* atomic */
};

static uint64_t now_ns(void *ctx)
{
	struct kept *kept = ctx;

	return __atomic_load_n(&kept->now, __ATOMIC_RELAXED);
}

static void wake(void *ctx)
{
	struct kept *kept = ctx;

	/* No lock is held: this would stand still. */
	machine_stats(kept->machine);
	__atomic_fetch_add(&kept->woken, 1, __ATOMIC_RELAXED);
}

static struct kept *keep(uint64_t bytes, enum cvm_reserve_policy policy, bool guard)
{
	struct cvm_range range = { BASE, BASE + bytes, 0, CVM_MEM_UNACCEPTED };
	struct kept *kept = calloc(1, sizeof(*kept));
	struct cvm_reserve_config config = {
		.source = &kept->source.source,
		.policy = policy,
		.floor = FLOOR,
		.ceiling = CEILING,
		.host = &kept->host,
		.wake = wake,
		.wake_ctx = kept,
	};

	kept->host = (struct cvm_host){ .now_ns = now_ns, .ctx = kept };
	kept->machine = machine_new(BASE, BASE + bytes, 2 << 20, guard, &range, 1);
	machine_add_all(kept->machine);
	cvm_pages_source_init(&kept->source, &kept->machine->pages);
	assert_int_equal(cvm_reserve_init(&kept->reserve, &config), 0);
	return kept;
}

static void drop(struct kept *kept)
{
	machine_free(kept->machine);
	free(kept);
}

static struct cvm_step step(struct kept *kept, unsigned units)
{
	struct cvm_budget budget = { .units = units };
	struct cvm_step step;

	cvm_reserve_step(&kept->reserve, &budget, &step);
	return step;
}

static uint64_t accepted(struct kept *kept)
{
	return kept->machine->fake->pages * PAGE;
}

/*
 * The storm that Linux has: one block of 4 MiB for each early allocation. Here each of n callers
 * takes 16 pages, the reserve is kept all along, and what is accepted is the reserve, what was
 * handed out, and for each caller at most one pageblock. Nothing was configured or measured before.
 */
static void test_no_storm(void **state)
{
	static const unsigned callers[] = { 1, 2, 16, 64, 256 };

	for (int i = 0; i < 5; i++) {
		unsigned n = callers[i];
		struct kept *kept = keep(2 * GIB, CVM_RESERVE_BACKGROUND, true);
		struct cvm_cache *caches = calloc(n, sizeof(*caches));
		struct cvm_pages_stats stats;
		uint64_t gpa;

		for (unsigned j = 0; j < n; j++)
			cvm_cache_init(&caches[j], &kept->machine->pages);
		for (unsigned j = 0; j < 16 * n; j++) {
			assert_int_equal(cvm_cache_alloc(&caches[j % n], 0, &gpa), 0);
			step(kept, 1);
		}
		while (step(kept, 0).next != CVM_STEP_SLEEP)
			;
		stats = machine_stats(kept->machine);
		/* The rest is one pageblock for the guard and one for descriptors. */
		assert_true(accepted(kept) <= CEILING + stats.allocated * PAGE + 2 * CVM_PAGEBLOCK);
		assert_true((stats.free - stats.pending) * PAGE >= FLOOR);
		/* With a clock that stands all of this is one burst, below the ceiling. */
		assert_true(accepted(kept) <=
			    FLOOR + 2 * stats.allocated * PAGE + 3 * CVM_PAGEBLOCK);
		free(caches);
		drop(kept);
	}
}

struct caller {
	struct job job;
	pthread_barrier_t *barrier;
};

static int call(struct job *job)
{
	struct kept *kept = job->ctx;
	struct cvm_cache cache;

	cvm_cache_init(&cache, &kept->machine->pages);
	pthread_barrier_wait(((struct caller *)job)->barrier);
	for (int i = 0; i < 16; i++)
		if (cvm_cache_alloc(&cache, 0, &job->gpa))
			return CVM_ENOMEM;
	return 0;
}

/* The same all at once, before the first step: at most one pageblock each. */
static void test_no_storm_threads(void **state)
{
	enum { CALLERS = 64 };
	struct kept *kept = keep(2 * GIB, CVM_RESERVE_BACKGROUND, true);
	struct caller caller[CALLERS] = { 0 };
	pthread_barrier_t barrier;
	struct cvm_pages_stats stats;

	pthread_barrier_init(&barrier, NULL, CALLERS);
	for (int i = 0; i < CALLERS; i++) {
		caller[i].job.run = call;
		caller[i].job.ctx = kept;
		caller[i].barrier = &barrier;
		job_start(&caller[i].job);
	}
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(job_join(&caller[i].job), 0);
	stats = machine_stats(kept->machine);
	assert_true(stats.allocated >= CALLERS * 16);
	assert_true(accepted(kept) <= CALLERS * CVM_PAGEBLOCK + 2 * CVM_PAGEBLOCK);
	assert_true(fake_clean(kept->machine->fake));
	pthread_barrier_destroy(&barrier);
	drop(kept);
}

/* Everything is populated, once, and can be allocated without another platform call. */
static void test_eager(void **state)
{
	for (int guard = 0; guard < 2; guard++) {
		struct kept *kept = keep(GIB / 4 + 5 * PAGE, CVM_RESERVE_EAGER, guard);
		struct cvm_step did;
		uint64_t calls;

		do {
			did = step(kept, 10);
			assert_true(did.units <= 10);
		} while (did.next == CVM_STEP_AGAIN);
		assert_int_equal(did.next, CVM_STEP_DONE);
		assert_int_equal(machine_stats(kept->machine).pending, 0);
		assert_int_equal(machine_stats(kept->machine).unaccepted, 0);
		machine_check(kept->machine);
		calls = kept->machine->fake->calls;
		machine_exhaust(kept->machine, 3);
		machine_exhaust(kept->machine, 0);
		assert_int_equal(kept->machine->fake->calls, calls);
		machine_check(kept->machine);
		drop(kept);
	}
}

/* A budget of units limits memory as well: a pageblock each, and the first one's guard. */
static void test_budget(void **state)
{
	for (int guard = 0; guard < 2; guard++) {
		struct kept *kept = keep(2 * GIB, CVM_RESERVE_EAGER, guard);
		uint64_t units = 0;

		for (unsigned i = 1; i < 30; i++) {
			assert_int_equal(step(kept, i).units, i);
			units += i;
			assert_int_equal(accepted(kept), (units + (unsigned)guard) * CVM_PAGEBLOCK);
		}
		/* A pageblock of descriptors, every 255, is a unit as well, and known as such. */
		assert_true(machine_accepted(kept->machine, CVM_CAUSE_MEMMAP) > 0);
		assert_int_equal(machine_accepted(kept->machine, CVM_CAUSE_PAGES), 0);
		drop(kept);
	}
}

/* With the reserve kept, no allocation has to populate a pageblock. */
static void test_ahead(void **state)
{
	struct kept *kept = keep(2 * GIB, CVM_RESERVE_BACKGROUND, true);
	struct cvm_cache cache;
	uint64_t gpa;

	cvm_cache_init(&cache, &kept->machine->pages);
	step(kept, 0);
	for (int i = 0; i < 60000; i++) {
		assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa), 0);
		if (__atomic_exchange_n(&kept->woken, 0, __ATOMIC_RELAXED)) {
			kept->now += 1000000;
			assert_true(step(kept, 0).units > 0);
		}
	}
	assert_int_equal(machine_accepted(kept->machine, CVM_CAUSE_PAGES), 0);
	assert_true(fake_clean(kept->machine->fake));
	drop(kept);
}

static void test_refused(void **state)
{
	struct kept *kept = keep(64 * CVM_PAGEBLOCK, CVM_RESERVE_EAGER, false);
	struct cvm_step did;

	kept->machine->refuses = true;
	fake_mood(kept->machine->fake, BASE + 3 * CVM_PAGEBLOCK, FAKE_REFUSE);
	fake_mood(kept->machine->fake, BASE + 40 * CVM_PAGEBLOCK + PAGE, FAKE_REFUSE);
	did = step(kept, 0);
	assert_int_equal(did.next, CVM_STEP_DONE);
	assert_int_equal(did.failed, 2);
	assert_int_equal(machine_stats(kept->machine).failed, 2 * 512);
	assert_int_equal(machine_stats(kept->machine).pending, 0);
	machine_check(kept->machine);
	drop(kept);
}

static unsigned due(struct kept *kept)
{
	return __atomic_load_n(&kept->woken, __ATOMIC_RELAXED);
}

/* Only the slow paths look: the one that brings memory in, and a cache that is empty. */
static void test_watch(void **state)
{
	struct kept *kept = keep(64 * CVM_PAGEBLOCK, CVM_RESERVE_LAZY, false);
	struct cvm_pages *pages = &kept->machine->pages;
	struct cvm_cache cache;
	uint64_t gpa, bytes;

	cvm_cache_init(&cache, pages);
	assert_false(cvm_pages_set_watermark(pages, CVM_PAGEBLOCK, wake, kept));
	while (machine_stats(kept->machine).pending > 62 * 512)
		assert_int_equal(cvm_pages_populate(pages, CVM_CAUSE_BACKGROUND, &bytes), 0);
	assert_true(cvm_pages_set_watermark(pages, CVM_PAGEBLOCK, wake, kept));
	/* The cache's own pages are no longer ready: 1024 - 16 * 32 are, and then 32 less. */
	for (int i = 0; i < 16 * 32; i++)
		assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa), 0);
	assert_int_equal(due(kept), 0);
	assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa), 0);
	assert_int_equal(due(kept), 1);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa), 0);
	assert_int_equal(due(kept), 1);
	/* Without caches: when there is nothing left. */
	while (!cvm_pages_alloc_nowait(pages, 0, &gpa))
		;
	do
		assert_int_equal(cvm_pages_populate(pages, CVM_CAUSE_BACKGROUND, &bytes), 0);
	while (!bytes);
	assert_true(cvm_pages_set_watermark(pages, PAGE, wake, kept));
	while (!cvm_pages_alloc_nowait(pages, 0, &gpa))
		;
	assert_int_equal(due(kept), 1);
	assert_int_equal(cvm_pages_alloc(pages, 0, &gpa), 0);
	assert_int_equal(due(kept), 2);
	drop(kept);
}

/* Steppers and allocators at once. */
struct worker {
	struct job job;
	uint64_t seed;
	unsigned failed;
	bool *stop;
};

static int stepper(struct job *job)
{
	struct worker *worker = (struct worker *)job;
	struct kept *kept = job->ctx;

	while (!__atomic_load_n(worker->stop, __ATOMIC_RELAXED)) {
		step(kept, (unsigned)below(&worker->seed, 4));
		__atomic_fetch_add(&kept->now, 100000, __ATOMIC_RELAXED);
		job_relax(NULL, CVM_WAIT_PAGES, 0);
	}
	return 0;
}

static int user(struct job *job)
{
	struct worker *worker = (struct worker *)job;
	struct kept *kept = job->ctx;
	uint64_t held[64] = { 0 };
	struct cvm_cache cache;

	cvm_cache_init(&cache, &kept->machine->pages);
	for (int i = 0; i < 3000; i++) {
		unsigned j = (unsigned)below(&worker->seed, 64), order = j % 4;

		if (held[j]) {
			worker->failed += cvm_cache_free(&cache, held[j], order) != 0;
			held[j] = 0;
		} else if (!cvm_cache_alloc(&cache, order, &held[j])) {
			worker->failed += !fake_all_accepted(kept->machine->fake, held[j],
							     held[j] + (PAGE << order));
		}
	}
	for (unsigned j = 0; j < 64; j++)
		if (held[j])
			worker->failed += cvm_cache_free(&cache, held[j], j % 4) != 0;
	cvm_cache_drain(&cache);
	return 0;
}

static void test_threads(void **state)
{
	static const enum cvm_reserve_policy policies[] = { CVM_RESERVE_BACKGROUND,
							    CVM_RESERVE_EAGER };

	for (int round = 0; round < 4; round++) {
		struct kept *kept = keep(GIB / 4, policies[round & 1], round & 2);
		struct worker worker[8] = { 0 };
		struct cvm_pages_stats stats;
		bool stop = false;

		for (unsigned i = 0; i < 8; i++) {
			worker[i].job.run = i < 3 ? stepper : user;
			worker[i].job.ctx = kept;
			worker[i].seed = 10 * (unsigned)round + i;
			worker[i].stop = &stop;
			job_start(&worker[i].job);
		}
		for (unsigned i = 3; i < 8; i++)
			job_join(&worker[i].job);
		__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
		for (unsigned i = 0; i < 3; i++)
			job_join(&worker[i].job);
		for (unsigned i = 3; i < 8; i++)
			assert_int_equal(worker[i].failed, 0);
		stats = machine_stats(kept->machine);
		assert_int_equal(stats.allocated, 0);
		assert_int_equal(kept->reserve.in_flight, 0);
		if (!(round & 1))
			/* Three steppers together do not populate more than the target. */
			assert_true((stats.free - stats.pending) * PAGE <=
				    CEILING + 5 * CVM_PAGEBLOCK);
		machine_check(kept->machine);
		drop(kept);
	}
}

/* A source over two zones, as an embedder might write it. */
struct both {
	struct cvm_source source;
	struct cvm_pages_source *zone[2];
};

static void sample_both(struct cvm_source *source, uint64_t *ready, uint64_t *used)
{
	struct both *both = (struct both *)source;
	uint64_t more, more_used;

	both->zone[0]->source.sample(&both->zone[0]->source, ready, used);
	both->zone[1]->source.sample(&both->zone[1]->source, &more, &more_used);
	*ready += more;
	*used += more_used;
}

static int populate_both(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes)
{
	struct both *both = (struct both *)source;

	return both->zone[0]->source.populate(&both->zone[0]->source, cause, bytes);
}

/*
 * Two zones, of which one is accepted. Memory that is ready in one does not help an allocation from
 * the other: with a reserve each, both are kept; with one over both, the second zone gets nothing.
 */
static void test_zones(void **state)
{
	const uint64_t low_end = BASE + 32 * CVM_PAGEBLOCK, end = low_end + 32 * CVM_PAGEBLOCK;

	for (int one = 0; one < 2; one++) {
		struct cvm_range ranges[2] = { { BASE, low_end, 0, CVM_MEM_UNACCEPTED },
					       { low_end, end, 0, CVM_MEM_RAM } };
		struct machine *machine = machine_new(BASE, end, 2 << 20, false, ranges, 2);
		struct cvm_pages_config config = machine->pages.config;
		struct cvm_pages_source source[2];
		struct both both = { { sample_both, populate_both, NULL, CVM_PAGEBLOCK },
				     { &source[0], &source[1] } };
		struct cvm_reserve_config reserve = { .policy = CVM_RESERVE_BACKGROUND,
						      .floor = FLOOR,
						      .ceiling = CEILING };
		const struct cvm_budget budget = { .units = 0 };
		struct cvm_reserve reserves[2];
		struct cvm_pages low;
		struct cvm_step step;
		uint64_t gpa, before;

		config.end = low_end;
		config.index = calloc(cvm_pages_index_bytes(BASE, low_end), 1);
		config.seed = aligned_alloc(16, CVM_PAGES_SEED);
		assert_int_equal(cvm_pages_init(&low, &config), 0);
		assert_int_equal(cvm_pages_add(&low, BASE, low_end), 0);
		machine_add(machine, low_end, end);
		cvm_pages_source_init(&source[0], &low);
		cvm_pages_source_init(&source[1], &machine->pages);
		/* The accepted zone has been used, and has much that is ready. */
		while (machine_stats(machine).pending)
			cvm_pages_populate(&machine->pages, CVM_CAUSE_BACKGROUND, &gpa);
		for (int zone = 0; zone < 2; zone++) {
			reserve.source = one ? &both.source : &source[zone].source;
			assert_int_equal(cvm_reserve_init(&reserves[zone], &reserve), 0);
		}
		cvm_reserve_step_nodes(reserves, one ? 1 : 2, &budget, &step);
		before = machine->fake->pages;
		/* The floor, and a pageblock for descriptors. */
		assert_int_equal(before, one ? 0 : FLOOR / PAGE + 512);
		assert_int_equal(cvm_pages_alloc(&low, 8, &gpa), 0);
		assert_true(gpa < low_end);
		assert_int_equal(machine->fake->pages > before, one);
		assert_true(fake_clean(machine->fake));
		free(config.index);
		free(config.seed);
		machine_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_storm), cmocka_unit_test(test_no_storm_threads),
		cmocka_unit_test(test_eager),	 cmocka_unit_test(test_budget),
		cmocka_unit_test(test_ahead),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_watch),	 cmocka_unit_test(test_threads),
		cmocka_unit_test(test_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
