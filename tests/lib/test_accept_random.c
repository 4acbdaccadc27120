/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/accept.h>

#include "fake.h"

/*
 * Two million random builds, accepts and queries, with units of 4 KiB to 1 GiB, against a model
 * that looks at one unit after the other.
 */

#define OPERATIONS 2000000
#define UNITS	   400
#define WORDS	   ((UNITS + 63) / 64)
#define RANGES	   5

static struct {
	uint64_t base, unit, units;
	bool guard;
	uint64_t run_units;  /* the longest run */
	bool set[UNITS];     /* unaccepted */
	bool bad[UNITS];     /* the platform rejects it */
	bool tried[UNITS];   /* the platform has been asked for it */
	uint64_t start, end; /* what is asked for now */
} model;

static uint64_t edges; /* bytes that were accepted while the table was built */
static struct cvm_acceptor acceptor;
static union {
	struct cvm_table table;
	uint64_t words[CVM_TABLE_HEADER / 8 + WORDS];
} storage;
static struct cvm_claim claims[1];

/* Does [start, end), in whole pages, touch the unit, or need it as its guard? */
static bool is_needed(uint64_t unit, uint64_t start, uint64_t end)
{
	uint64_t from = model.base + unit * model.unit, to = from + model.unit;

	if (start >= end)
		return false;
	end = (end + PAGE - 1) / PAGE * PAGE;
	if (start < to && end > from)
		return true;
	return model.guard && end == from;
}

static int platform_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	uint64_t first = (start - model.base) / model.unit, last = (end - model.base) / model.unit;
	enum cvm_level level = model.unit >= GIB       ? CVM_LEVEL_1G
			       : model.unit >= 2 * MIB ? CVM_LEVEL_2M
						       : CVM_LEVEL_4K;

	assert_true(start < end && start >= model.base && last <= model.units);
	assert_int_equal((start - model.base) % model.unit + (end - model.base) % model.unit, 0);
	assert_true(last - first <= model.run_units + (model.guard && model.run_units > 1));
	for (uint64_t unit = first; unit < last; unit++) {
		assert_true(model.set[unit] && is_needed(unit, model.start, model.end));
		if (model.bad[unit]) {
			assert_false(model.tried[unit]);
			model.tried[unit] = true;
			result->where = model.base + unit * model.unit;
			result->where_bytes = PAGE;
			return CVM_EIO;
		}
		model.set[unit] = false;
		result->done += model.unit;
		result->accepted[level] += model.unit / cvm_level_bytes(level);
	}
	return 0;
}

static void platform_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
			       uint64_t gpa)
{
	abort();
}

static struct cvm_platform platform = { .accept = platform_accept,
					.terminate = platform_terminate };

static int accept_edge(void *ctx, uint64_t start, uint64_t end)
{
	edges += end - start;
	return 0;
}

/* Is the unit whole in a range that is long enough to be recorded? */
static bool is_recorded(const struct cvm_map *map, uint64_t unit)
{
	uint64_t from = model.base + unit * model.unit;

	for (size_t i = 0; i < map->count; i++)
		if (map->range[i].end - map->range[i].start >= 2 * model.unit &&
		    from >= map->range[i].start && from + model.unit <= map->range[i].end)
			return true;
	return false;
}

static void check_bits(void)
{
	uint64_t words[WORDS] = { 0 };

	for (uint64_t unit = 0; unit < model.units; unit++)
		if (model.set[unit])
			words[unit / 64] |= UINT64_C(1) << unit % 64;
	assert_memory_equal(storage.table.bitmap, words, (model.units + 63) / 64 * 8);
}

/* A few ranges of memory, all unaccepted, at most UNITS units from end to end. */
static void random_map(struct cvm_map *map, uint64_t unit, uint64_t *seed)
{
	uint64_t at = below(seed, 4) ? (1 + below(seed, 1000)) * unit : below(seed, 1 << 20) * PAGE;
	uint64_t top = at + UNITS / 2 * unit;

	for (unsigned i = 0; i < RANGES && at < top; i++) {
		uint64_t bytes = (1 + below(seed, below(seed, 2) ? 4 : 60)) * unit, end;

		if (!below(seed, 3))
			at += below(seed, unit / PAGE) * PAGE;
		if (!below(seed, 3))
			bytes -= below(seed, unit / PAGE) * PAGE;
		end = at + bytes;
		assert_int_equal(cvm_map_add(map, at, bytes, CVM_MEM_UNACCEPTED, 0), 0);
		at = end + (1 + below(seed, 3 * unit / PAGE)) * PAGE;
	}
}

static void build(uint64_t *seed)
{
	static const uint32_t units[] = { 4 << 10, 64 << 10, 1 << 20, 2 << 20, 32 << 20, 1 << 30 };
	struct cvm_acceptor_config config = { .platform = &platform, .claims = claims };
	struct cvm_range ranges[RANGES];
	struct cvm_table_plan plan;
	struct cvm_map map;
	uint64_t bytes = 0, recorded = 0;

	cvm_map_init(&map, ranges, RANGES);
	memset(&model, 0, sizeof(model));
	model.unit = units[below(seed, sizeof(units) / sizeof(*units))];
	random_map(&map, model.unit, seed);
	assert_int_equal(cvm_table_plan(&map, (uint32_t)model.unit, &plan), 0);
	assert_true(plan.bytes <= sizeof(storage));
	assert_int_equal(cvm_table_init(&storage.table, sizeof(storage), &plan), 0);
	edges = 0;
	assert_int_equal(cvm_table_build(&storage.table, &map, accept_edge, NULL), 0);
	model.base = map.range[0].start / model.unit * model.unit;
	assert_int_equal(storage.table.phys_base, model.base);
	model.units = storage.table.size * 8;
	assert_true(model.units <= UNITS);
	for (size_t i = 0; i < map.count; i++)
		bytes += map.range[i].end - map.range[i].start;
	for (uint64_t unit = 0; unit < model.units; unit++) {
		model.set[unit] = is_recorded(&map, unit);
		model.bad[unit] = !below(seed, 300);
		recorded += model.set[unit];
	}
	assert_int_equal(edges + recorded * model.unit, bytes);
	check_bits();

	model.guard = below(seed, 2);
	model.run_units = UINT64_C(1) << below(seed, 9);
	config.table = &storage.table;
	config.guard = model.guard;
	config.run_bytes = model.run_units * model.unit;
	config.single_cpu = !below(seed, 4);
	if (config.single_cpu)
		config.claims = NULL;
	assert_int_equal(cvm_acceptor_init(&acceptor, &config), 0);
}

static void random_range(uint64_t *start, uint64_t *end, uint64_t *seed)
{
	uint64_t span = model.units * model.unit;

	*start =
		model.base - 2 * model.unit % (model.base + 1) + below(seed, span + 4 * model.unit);
	*end = *start + below(seed, below(seed, 4) ? 4 * model.unit : span);
	if (below(seed, 2))
		*start -= *start % PAGE;
	if (below(seed, 2))
		*end -= *end % (below(seed, 2) ? PAGE : model.unit);
	if (*end < *start)
		*end = *start;
}

static void query(uint64_t start, uint64_t end)
{
	uint64_t bytes = 0;
	bool any = false;

	for (uint64_t unit = 0; unit < model.units; unit++) {
		any |= model.set[unit] && is_needed(unit, start, end);
		bytes += model.set[unit] * model.unit;
	}
	assert_int_equal(cvm_is_unaccepted(&acceptor, start, end), any);
	assert_int_equal(cvm_unaccepted_bytes(&acceptor), bytes);
}

static void accept(uint64_t start, uint64_t end, uint64_t *seed)
{
	bool expected[UNITS], rejected = false;

	for (uint64_t unit = 0; unit < model.units; unit++) {
		bool needed = model.set[unit] && is_needed(unit, start, end);

		expected[unit] = model.set[unit] && (!needed || model.bad[unit]);
		rejected |= needed && model.bad[unit];
	}
	model.start = start;
	model.end = end;
	assert_int_equal((below(seed, 2) ? cvm_accept : cvm_accept_nowait)(&acceptor, start, end,
									   CVM_CAUSE_PAGES),
			 rejected ? CVM_EIO : 0);
	assert_memory_equal(model.set, expected, model.units);
	check_bits();
}

/* Without claims more failures than there is room for cost other units. */
static bool has_room(void)
{
	unsigned bad = 0;

	for (uint64_t unit = 0; unit < model.units; unit++)
		bad += model.bad[unit];
	return bad <= CVM_UNCLAIMED_FAILED;
}

static void test_random(void **state)
{
	uint64_t seed = 42, start, end;

	for (unsigned done = 0; done < OPERATIONS;) {
		build(&seed);
		done++;
		if (acceptor.config.single_cpu && !has_room())
			continue;
		for (unsigned n = below(&seed, 80); n; n--, done++) {
			random_range(&start, &end, &seed);
			if (below(&seed, 2))
				query(start, end);
			else
				accept(start, end, &seed);
			if (acceptor.config.single_cpu && !acceptor.config.claims &&
			    !below(&seed, 40))
				cvm_acceptor_set_claims(&acceptor, claims);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
