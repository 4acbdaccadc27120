/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/pages.h>

#include "fake.h"

/*
 * What the allocator reads of the bitmap under its lock: counted in words, in memory so large that
 * reading all of it would show. The linker passes the three functions that read it through here.
 */

#define BASE (4 * GIB)
#define SIZE (8 * GIB * 1024)
#define UNIT CVM_PAGEBLOCK
#define SEED (2 * MIB)

/* 1024 to find a part, and the words of the last pageblock. */
#define MOST_WORDS 1100

struct world {
	struct cvm_platform platform;
	struct cvm_table *table;
	struct cvm_acceptor acceptor;
	struct cvm_pages pages;
	void *claims, *index, *seed;
};

static struct {
	uint64_t held, most, all; /* words: in this hold of the lock, in any, in all of them */
	unsigned calls;		  /* of the platform */
} seen;

static void count(const struct cvm_table *table, uint64_t start, uint64_t end)
{
	uint64_t words = (end - start) / (64 * (uint64_t)table->unit_size) + 1;

	seen.held += words;
	seen.all += words;
	if (seen.held > seen.most)
		seen.most = seen.held;
}

bool __real_cvm_table_first_accepted(const struct cvm_table *table, uint64_t *start, uint64_t end);
bool __wrap_cvm_table_first_accepted(const struct cvm_table *table, uint64_t *start, uint64_t end);
bool __real_cvm_table_next(const struct cvm_table *table, uint64_t *start, uint64_t *end,
			   bool accepted);
bool __wrap_cvm_table_next(const struct cvm_table *table, uint64_t *start, uint64_t *end,
			   bool accepted);
uint64_t __real_cvm_table_count(const struct cvm_table *table, uint64_t start, uint64_t end);
uint64_t __wrap_cvm_table_count(const struct cvm_table *table, uint64_t start, uint64_t end);

bool __wrap_cvm_table_first_accepted(const struct cvm_table *table, uint64_t *start, uint64_t end)
{
	uint64_t from = *start;
	bool found = __real_cvm_table_first_accepted(table, start, end);

	count(table, from, found ? *start : end);
	return found;
}

/* It reads to the end of the run that it finds, which may be the end of the range. */
bool __wrap_cvm_table_next(const struct cvm_table *table, uint64_t *start, uint64_t *end,
			   bool accepted)
{
	count(table, *start, *end);
	return __real_cvm_table_next(table, start, end, accepted);
}

uint64_t __wrap_cvm_table_count(const struct cvm_table *table, uint64_t start, uint64_t end)
{
	count(table, start, end);
	return __real_cvm_table_count(table, start, end);
}

static unsigned long irq_save(void *ctx)
{
	seen.held = 0;
	return 0;
}

static void irq_restore(void *ctx, unsigned long flags)
{
}

static int accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		  struct cvm_accept_result *result)
{
	seen.calls++;
	result->done = end - start;
	result->accepted[CVM_LEVEL_2M] = result->done / UNIT;
	return 0;
}

static void terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason, uint64_t gpa)
{
}

static void set_accepted(struct world *world, uint64_t gpa)
{
	uint64_t unit = (gpa - BASE) / UNIT;

	world->table->bitmap[unit / 64] &= ~(UINT64_C(1) << unit % 64);
}

/* All is unaccepted and nothing is added. No memory is touched: the seed holds all descriptors. */
static struct world *make(void)
{
	static const struct cvm_host host = { .irq_save = irq_save, .irq_restore = irq_restore };
	const struct cvm_table_plan plan = {
		.base = BASE,
		.end = BASE + SIZE,
		.unit_size = UNIT,
		.bytes = CVM_TABLE_HEADER + SIZE / UNIT / 8,
	};
	struct world *world = calloc(1, sizeof(*world));
	struct cvm_acceptor_config config = { .platform = &world->platform, .host = &host };
	struct cvm_pages_config pages = { .acceptor = &world->acceptor, .seed_bytes = SEED };

	assert_non_null(world);
	world->platform.accept = accept;
	world->platform.terminate = terminate;
	config.table = world->table = malloc(plan.bytes);
	assert_int_equal(cvm_table_init(world->table, plan.bytes, &plan), 0);
	for (uint64_t i = 0; i < SIZE / UNIT / 64; i++)
		world->table->bitmap[i] = UINT64_MAX;
	config.claims = world->claims = malloc(cvm_claims_bytes(world->table));
	assert_int_equal(cvm_acceptor_init(&world->acceptor, &config), 0);
	pages.start = BASE;
	pages.end = BASE + SIZE;
	pages.index = world->index = malloc(cvm_pages_index_bytes(BASE, BASE + SIZE));
	pages.seed = world->seed = aligned_alloc(16, SEED);
	assert_int_equal(cvm_pages_init(&world->pages, &pages), 0);
	memset(&seen, 0, sizeof(seen));
	return world;
}

static void destroy(struct world *world)
{
	free(world->table);
	free(world->claims);
	free(world->index);
	free(world->seed);
	free(world);
}

static void add(struct world *world, uint64_t start, uint64_t end)
{
	assert_int_equal(cvm_pages_add(&world->pages, start, end), 0);
}

/* A fragment that is accepted and too small: the search leaves it behind, once. */
static void test_small_fragment(void **state)
{
	struct world *world = make();
	uint64_t words = SIZE / UNIT / 64, gpa;

	set_accepted(world, BASE);
	add(world, BASE, BASE + 64 * KIB);
	add(world, BASE + UNIT, BASE + SIZE);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(cvm_pages_alloc(&world->pages, 9, &gpa), 0);
		assert_true(gpa >= BASE + UNIT);
	}
	assert_int_equal(seen.calls, 100);
	assert_true(seen.most <= MOST_WORDS);
	assert_true(seen.all <= 2 * words);
	/* An order that fits finds it. */
	assert_int_equal(cvm_pages_alloc(&world->pages, 4, &gpa), 0);
	assert_int_equal(gpa, BASE);
	assert_int_equal(seen.calls, 100);
	destroy(world);
}

/* Accepted memory is used first, at any distance and in any order of orders. */
static void test_accepted_first(void **state)
{
	struct world *world = make();
	static const unsigned orders[] = { 9, 4, 9, 0, 2, 9, 4 };
	uint64_t gpa;

	/* Large ones far apart, and fragments of 64 KiB between. */
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t at = BASE + i * (SIZE / 8);

		set_accepted(world, at);
		set_accepted(world, at + 2 * UNIT);
		add(world, at, at + 64 * KIB);
		add(world, at + UNIT, at + SIZE / 8);
	}
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		assert_int_equal(cvm_pages_alloc(&world->pages, orders[i], &gpa), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(cvm_pages_alloc(&world->pages, 9, &gpa), 0);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(cvm_pages_alloc(&world->pages, 9, &gpa), 0);
	assert_int_equal(seen.calls, 1);
	/* The fragments are left, for orders that they fit. */
	assert_int_equal(cvm_pages_alloc(&world->pages, 4, &gpa), 0);
	assert_int_equal(seen.calls, 1);
	assert_true(seen.most <= MOST_WORDS);
	destroy(world);
}

/* A small order goes back to what a large one has left behind. */
static void test_smaller_order(void **state)
{
	struct world *world = make();
	uint64_t fragment = BASE + 8 * UNIT, block = BASE + SIZE / 2, gpa;

	set_accepted(world, fragment);
	set_accepted(world, block);
	add(world, BASE, BASE + UNIT);
	add(world, fragment, fragment + 64 * KIB);
	add(world, fragment + UNIT, BASE + SIZE);
	assert_int_equal(cvm_pages_alloc(&world->pages, 9, &gpa), 0);
	assert_int_equal(gpa, block);
	assert_int_equal(cvm_pages_alloc(&world->pages, 4, &gpa), 0);
	assert_int_equal(gpa, fragment);
	assert_int_equal(seen.calls, 0);
	destroy(world);
}

static void test_added_later(void **state)
{
	struct world *world = make();
	uint64_t gpa;

	add(world, BASE + SIZE / 2, BASE + SIZE);
	assert_int_equal(cvm_pages_alloc(&world->pages, 9, &gpa), 0);
	assert_int_equal(seen.calls, 1);
	for (int i = 0; i < 2; i++) {
		uint64_t at = i ? BASE + SIZE / 2 - UNIT : BASE;

		set_accepted(world, at);
		add(world, at, at + UNIT);
		assert_int_equal(cvm_pages_alloc(&world->pages, 9, &gpa), 0);
		assert_int_equal(gpa, at);
	}
	assert_int_equal(seen.calls, 1);
	destroy(world);
}

static void test_stats(void **state)
{
	struct world *world = make();
	struct cvm_pages_stats stats;

	for (uint64_t i = 0; i < 1000; i++)
		set_accepted(world, BASE + i * i * UNIT);
	add(world, BASE + PAGE, BASE + SIZE / 2);
	add(world, BASE + SIZE / 2 + PAGE, BASE + SIZE);
	cvm_pages_get_stats(&world->pages, &stats);
	assert_int_equal(stats.total, SIZE / PAGE - 2);
	/* Unit 0 is accepted; the unit in the middle is not, and has a page less. */
	assert_int_equal(stats.unaccepted, (SIZE / UNIT - 1000) * (UNIT / PAGE) - 1);
	assert_int_equal(stats.accepted, stats.total - stats.unaccepted);
	assert_true(seen.all >= SIZE / UNIT / 64);
	assert_true(seen.most <= MOST_WORDS);
	destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_fragment), cmocka_unit_test(test_accepted_first),
		cmocka_unit_test(test_smaller_order),  cmocka_unit_test(test_added_later),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
