/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/pages.h>

#include "machine.h"

/* Per-CPU caches: random operation against a model, errors, threads, and a call that blocks. */

#define BASE	GIB
#define CPUS	3
#define HELD	600
#define THREADS 8

static struct machine *simple(uint64_t pageblocks, bool guard)
{
	struct cvm_range range = { BASE, BASE + pageblocks * CVM_PAGEBLOCK, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, range.end, 2 << 20, guard, &range, 1);

	machine_add_all(machine);
	return machine;
}

static uint64_t cached(const struct cvm_cache *caches, unsigned n)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < n; i++)
		pages += cvm_cache_pages(&caches[i]);
	return pages;
}

/* The model: which page is allocated. The pages of a new block were free, and are accepted. */
struct model {
	struct machine *machine;
	struct cvm_cache caches[CPUS];
	struct block held[HELD];
	unsigned n;
	uint64_t out;
};

static void mark(struct model *model, const struct block *block, enum page_model from,
		 enum page_model to)
{
	uint64_t first = (block->gpa - BASE) / PAGE;

	for (uint64_t i = first; i < first + (1u << block->order); i++) {
		assert_int_equal(model->machine->model[i], from);
		model->machine->model[i] = (uint8_t)to;
		assert_int_equal(fake_at(model->machine->fake, BASE + i * PAGE), FAKE_ACCEPTED);
	}
}

static void check(struct model *model)
{
	struct cvm_pages_stats stats = machine_stats(model->machine);

	assert_int_equal(stats.allocated, model->out + cached(model->caches, CPUS));
	assert_int_equal(stats.free + stats.allocated + stats.memmap, stats.total);
	assert_true(fake_clean(model->machine->fake));
}

static void one(struct model *model, uint64_t *seed)
{
	struct cvm_cache *cache = &model->caches[below(seed, CPUS)];
	struct block *block;

	if (model->n && (model->n == HELD || below(seed, 5) < 2)) {
		block = &model->held[below(seed, model->n)];
		assert_true(block_intact(model->machine->fake, block));
		mark(model, block, PAGE_OUT, PAGE_ADDED);
		if (below(seed, 6))
			assert_int_equal(cvm_cache_free(cache, block->gpa, block->order), 0);
		else
			assert_int_equal(
				cvm_pages_free(&model->machine->pages, block->gpa, block->order),
				0);
		/* Whatever way it went back: a second time it is refused. */
		assert_int_equal(cvm_cache_free(cache, block->gpa, block->order), CVM_EINVAL);
		assert_int_equal(cvm_pages_free(&model->machine->pages, block->gpa, block->order),
				 CVM_EINVAL);
		model->out -= UINT64_C(1) << block->order;
		*block = model->held[--model->n];
		return;
	}
	block = &model->held[model->n];
	block->order = (unsigned)below(seed, below(seed, 10) ? 4 : 11);
	block->pattern = rng(seed);
	if (cvm_cache_alloc(cache, block->order, &block->gpa))
		return;
	model->n++;
	model->out += UINT64_C(1) << block->order;
	assert_int_equal(block->gpa % (PAGE << block->order), 0);
	mark(model, block, PAGE_ADDED, PAGE_OUT);
	assert_non_null(cvm_pages_owner(&model->machine->pages, block->gpa));
	assert_int_equal(*cvm_pages_owner(&model->machine->pages, block->gpa), 0);
	*cvm_pages_owner(&model->machine->pages, block->gpa) = 99;
	block_write(model->machine->fake, block);
}

static void test_random(void **state)
{
	uint64_t seed = 11;

	for (int round = 0; round < 10; round++) {
		struct model *model = calloc(1, sizeof(*model));
		struct cvm_pages_stats stats;

		model->machine = simple(6 + 4 * (unsigned)round, round & 1);
		for (int i = 0; i < CPUS; i++)
			cvm_cache_init(&model->caches[i], &model->machine->pages);
		for (int i = 0; i < 6000; i++) {
			one(model, &seed);
			if (i % 16 == 0)
				check(model);
			if (i % 1000 == 999)
				cvm_cache_drain(&model->caches[below(&seed, CPUS)]);
		}
		check(model);
		while (model->n) {
			struct block *block = &model->held[--model->n];

			assert_int_equal(
				cvm_cache_free(&model->caches[0], block->gpa, block->order), 0);
		}
		for (int i = 0; i < CPUS; i++)
			cvm_cache_drain(&model->caches[i]);
		assert_int_equal(cached(model->caches, CPUS), 0);
		stats = machine_stats(model->machine);
		assert_int_equal(stats.allocated, 0);
		machine_free(model->machine);
		free(model);
	}
}

static void test_bad_frees(void **state)
{
	struct machine *machine = simple(8, false);
	struct cvm_cache cache, other;
	uint64_t gpa;

	cvm_cache_init(&cache, &machine->pages);
	cvm_cache_init(&other, &machine->pages);
	assert_int_equal(cvm_cache_alloc(&cache, 2, &gpa), 0);
	for (unsigned order = 0; order < 40; order++)
		if (order != 2)
			assert_int_equal(cvm_cache_free(&cache, gpa, order), CVM_EINVAL);
	assert_int_equal(cvm_cache_free(&cache, gpa + PAGE, 0), CVM_EINVAL);
	assert_int_equal(cvm_cache_free(&cache, gpa + 1, 2), CVM_EINVAL);
	assert_int_equal(cvm_cache_free(&cache, BASE - PAGE, 2), CVM_EINVAL);
	assert_int_equal(cvm_cache_free(&cache, BASE + 7 * CVM_PAGEBLOCK, 2), CVM_EINVAL);
	assert_int_equal(cvm_cache_free(&cache, BASE + 8 * CVM_PAGEBLOCK, 2), CVM_EINVAL);
	/* A block that is in a cache was never handed out. */
	for (int i = -20; i <= 20; i++)
		if (i) {
			uint64_t near = gpa + (uint64_t)i * 4 * PAGE;

			assert_int_equal(cvm_cache_free(&cache, near, 2), CVM_EINVAL);
			assert_int_equal(cvm_pages_free(&machine->pages, near, 2), CVM_EINVAL);
			assert_null(cvm_pages_owner(&machine->pages, near));
		}
	assert_int_equal(cvm_cache_free(&other, gpa, 2), 0);
	assert_int_equal(cvm_cache_free(&cache, gpa, 2), CVM_EINVAL);
	assert_int_equal(cvm_pages_free(&machine->pages, gpa, 2), CVM_EINVAL);
	assert_int_equal(cvm_cache_alloc(&cache, 19, &gpa), CVM_EINVAL);
	cvm_cache_drain(&cache);
	cvm_cache_drain(&other);
	machine_check(machine);
	machine_free(machine);
}

/* All memory can be allocated through one cache, although it holds blocks of other orders. */
static void test_last_pages(void **state)
{
	struct machine *machine = simple(8, true);
	struct cvm_cache cache;
	uint64_t gpa, n = 0;

	cvm_cache_init(&cache, &machine->pages);
	for (unsigned order = 0; order < CVM_CACHE_ORDERS; order++) {
		assert_int_equal(cvm_cache_alloc(&cache, order, &gpa), 0);
		n += UINT64_C(1) << order;
	}
	while (!cvm_cache_alloc(&cache, 0, &gpa))
		n++;
	assert_int_equal(n + machine_stats(machine).memmap, 8 * 512);
	machine_free(machine);
}

/* What it holds is bounded, and comes back in batches. */
static void test_bound(void **state)
{
	struct machine *machine = simple(64, false);
	uint64_t *gpa = calloc(4096, sizeof(*gpa));
	struct cvm_cache cache;

	cvm_cache_init(&cache, &machine->pages);
	for (unsigned order = 0; order < CVM_CACHE_ORDERS; order++) {
		for (int i = 0; i < 1000; i++)
			assert_int_equal(cvm_cache_alloc(&cache, order, &gpa[i]), 0);
		for (int i = 0; i < 1000; i++) {
			assert_int_equal(cvm_cache_free(&cache, gpa[i], order), 0);
			assert_true(cvm_cache_pages(&cache) <= CVM_CACHE_BLOCKS);
		}
		cvm_cache_drain(&cache);
		assert_int_equal(machine_stats(machine).allocated, 0);
	}
	free(gpa);
	machine_free(machine);
}

struct worker {
	struct job job;
	struct machine *machine;
	struct cvm_cache cache;
	struct block held[40];
	uint64_t seed;
	unsigned wrong, got;
	struct worker *next; /* frees what this one allocated */
	struct block gift;
	uint32_t given;
};

static void swap(struct worker *worker, struct block *block)
{
	struct fake *fake = worker->machine->fake;

	if (block->gpa) {
		worker->wrong += !block_intact(fake, block);
		worker->wrong += cvm_cache_free(&worker->cache, block->gpa, block->order) != 0;
		block->gpa = 0;
		return;
	}
	block->order = (unsigned)below(&worker->seed, 4);
	if (cvm_cache_alloc(&worker->cache, block->order, &block->gpa)) {
		block->gpa = 0;
		return;
	}
	worker->got++;
	block->pattern = rng(&worker->seed);
	worker->wrong += !fake_all_accepted(fake, block->gpa, block->gpa + (PAGE << block->order));
	block_write(fake, block);
}

/* Hand a block to the neighbour, who frees it into its own cache. */
static void give(struct worker *worker, struct block *block)
{
	struct worker *next = worker->next;

	if (!block->gpa || __atomic_load_n(&next->given, __ATOMIC_ACQUIRE))
		return;
	next->gift = *block;
	block->gpa = 0;
	__atomic_store_n(&next->given, 1, __ATOMIC_RELEASE);
}

static int work(struct job *job)
{
	struct worker *worker = (struct worker *)job;

	for (int i = 0; i < 4000; i++) {
		struct block *block = &worker->held[below(&worker->seed, 40)];

		swap(worker, block);
		if (!below(&worker->seed, 8))
			give(worker, block);
		if (__atomic_load_n(&worker->given, __ATOMIC_ACQUIRE)) {
			swap(worker, &worker->gift);
			__atomic_store_n(&worker->given, 0, __ATOMIC_RELEASE);
		}
	}
	for (int i = 0; i < 40; i++)
		if (worker->held[i].gpa)
			swap(worker, &worker->held[i]);
	return 0;
}

static void test_threads(void **state)
{
	for (unsigned round = 0; round < 4; round++) {
		struct machine *machine = simple(6 + 8 * round, true);
		struct worker *workers = calloc(THREADS, sizeof(*workers));

		for (unsigned i = 0; i < THREADS; i++) {
			workers[i].job.run = work;
			workers[i].machine = machine;
			workers[i].seed = 100 * round + i;
			workers[i].next = &workers[(i + 1) % THREADS];
			cvm_cache_init(&workers[i].cache, &machine->pages);
		}
		for (unsigned i = 0; i < THREADS; i++)
			job_start(&workers[i].job);
		for (unsigned i = 0; i < THREADS; i++)
			job_join(&workers[i].job);
		for (unsigned i = 0; i < THREADS; i++) {
			assert_int_equal(workers[i].wrong, 0);
			assert_true(workers[i].got > 0);
			if (workers[i].given)
				swap(&workers[i], &workers[i].gift);
			cvm_cache_drain(&workers[i].cache);
		}
		assert_int_equal(machine_stats(machine).allocated, 0);
		machine_check(machine);
		free(workers);
		machine_free(machine);
	}
}

struct racer {
	struct job job;
	struct cvm_cache cache;
	const uint64_t *gpa;
	struct racer *other;
	int at; /* atomic */
	uint64_t freed;
};

#define RACES 5000

static int race(struct job *job)
{
	struct racer *racer = (struct racer *)job;

	for (int i = 0; i < RACES; i++) {
		__atomic_store_n(&racer->at, i + 1, __ATOMIC_RELAXED);
		for (int spins = 0; __atomic_load_n(&racer->other->at, __ATOMIC_RELAXED) <= i;)
			if (++spins % 1000 == 0)
				job_relax(NULL, CVM_WAIT_PAGES, 0);
		racer->freed += !cvm_cache_free(&racer->cache, racer->gpa[i], 0);
	}
	return 0;
}

static void free_twice(void)
{
	struct machine *machine = simple(16, false);
	struct racer racers[2] = { 0 };
	uint64_t gpa[RACES];

	for (int i = 0; i < RACES; i++)
		assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa[i]), 0);
	for (int i = 0; i < 2; i++) {
		racers[i].job.run = race;
		racers[i].gpa = gpa;
		racers[i].other = &racers[!i];
		cvm_cache_init(&racers[i].cache, &machine->pages);
	}
	for (int i = 0; i < 2; i++)
		job_start(&racers[i].job);
	for (int i = 0; i < 2; i++)
		job_join(&racers[i].job);
	assert_int_equal(racers[0].freed + racers[1].freed, RACES);
	cvm_cache_drain(&racers[0].cache);
	cvm_cache_drain(&racers[1].cache);
	assert_int_equal(machine_stats(machine).allocated, 0);
	machine_free(machine);
}

/* Two CPUs free the same block at once: one of them is told. */
static void test_double_free_race(void **state)
{
	for (int round = 0; round < 8; round++)
		free_twice();
}

static int fill(struct job *job)
{
	return cvm_cache_alloc(job->ctx, 0, &job->gpa);
}

/* While one CPU's refill stands in the platform, others allocate and free, cached and not. */
static void test_no_lock_across_the_call(void **state)
{
	struct machine *machine = simple(8, true);
	struct cvm_cache cache, other;
	struct job job = { .run = fill, .ctx = &cache };
	uint64_t gpa, large;

	cvm_cache_init(&cache, &machine->pages);
	cvm_cache_init(&other, &machine->pages);
	fake_mood(machine->fake, BASE + MIB, FAKE_GATE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	/* The pageblock above, since the lowest is being accepted. */
	assert_int_equal(cvm_cache_alloc(&other, 0, &gpa), 0);
	assert_true(gpa >= BASE + CVM_PAGEBLOCK);
	assert_int_equal(cvm_cache_free(&other, gpa, 0), 0);
	cvm_cache_drain(&other);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 9, &large), 0);
	assert_int_equal(cvm_pages_free(&machine->pages, large, 9), 0);
	fake_open(machine->fake, BASE + MIB);
	assert_int_equal(job_join(&job), 0);
	assert_true(job.gpa < BASE + CVM_PAGEBLOCK);
	cvm_cache_drain(&cache);
	assert_int_equal(machine_stats(machine).allocated, 1);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_bad_frees),
		cmocka_unit_test(test_last_pages),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_double_free_race),
		cmocka_unit_test(test_no_lock_across_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
