/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

/* Random machines, random allocations and frees, everything checked at each step. */

#define BASE	 (2 * GIB)
#define SECTIONS 40

static const uint32_t units[] = { 4 << 10, 64 << 10, 2 << 20, 16 << 20, 1 << 30 };

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A bound on a pageblock's, or a few pages beside it, or anywhere. */
static uint64_t bound(uint64_t *seed)
{
	uint64_t at = BASE + below(seed, SECTIONS) * CVM_PAGEBLOCK;

	switch (below(seed, 3)) {
	case 0:
		return at + below(seed, 8) * PAGE;
	case 1:
		return at + below(seed, 512) * PAGE;
	default:
		return at;
	}
}

/* Accepted and unaccepted ranges and holes, some adjacent, some tiny. */
static struct machine *random_machine(uint64_t *seed, uint32_t unit)
{
	struct cvm_range ranges[32];
	uint64_t bounds[24];
	size_t n = 0;

	for (int i = 0; i < 24; i++)
		bounds[i] = i && !below(seed, 4) ? bounds[i - 1] + PAGE : bound(seed);
	qsort(bounds, 24, sizeof(*bounds), compare);
	for (int i = 0; i + 1 < 24; i++) {
		uint64_t kind = below(seed, 6);

		if (bounds[i] == bounds[i + 1] || kind == 0)
			continue;
		ranges[n++] = (struct cvm_range){ bounds[i], bounds[i + 1], 0,
						  kind < 3 ? CVM_MEM_RAM : CVM_MEM_UNACCEPTED };
	}
	return machine_new(BASE, BASE + SECTIONS * CVM_PAGEBLOCK, unit, below(seed, 2), ranges, n);
}

/* What the boot allocator leaves: neighbours in one, with holes where pages are reserved. */
static void add_free(struct machine *machine, uint64_t *seed)
{
	for (size_t i = 0; i < machine->map.count;) {
		uint64_t start = machine->ranges[i].start, end = machine->ranges[i].end;

		while (++i < machine->map.count && machine->ranges[i].start == end)
			end = machine->ranges[i].end;
		if (!below(seed, 3)) {
			uint64_t hole = start + below(seed, (end - start) / PAGE) * PAGE;

			if (start < hole)
				machine_add(machine, start, hole);
			start = hole + PAGE;
		}
		if (start < end)
			machine_add(machine, start, end);
	}
}

static unsigned some_order(uint64_t *seed)
{
	switch (below(seed, 8)) {
	case 0:
		return (unsigned)below(seed, CVM_ORDERS);
	case 1:
		return 9;
	case 2:
	case 3:
		return (unsigned)below(seed, 10);
	default:
		return (unsigned)below(seed, 3);
	}
}

static void step(struct machine *machine, uint64_t *seed, bool growing)
{
	int error;

	if (machine->blocks && below(seed, growing ? 3 : 2) == 0) {
		machine_release(machine, below(seed, machine->blocks));
	} else {
		unsigned order = some_order(seed);

		error = machine_alloc(machine, order);
		if (error)
			assert_int_equal(error, CVM_ENOMEM);
		/* Allocating a page succeeds while one is free. */
		if (error && order == 0)
			assert_int_equal(machine_stats(machine).free, 0);
	}
	machine_check(machine);
}

static void test_random(void **state)
{
	uint64_t seed = 5;

	for (int round = 0; round < 60; round++) {
		struct machine *machine = random_machine(&seed, units[round % 5]);

		add_free(machine, &seed);
		machine_check(machine);
		for (int i = 0; i < 150; i++)
			step(machine, &seed, i < 100);
		machine_release_all(machine, &seed);
		machine_check(machine);
		assert_int_equal(machine_stats(machine).allocated, 0);
		machine_free(machine);
	}
}

/* Everything but descriptors can be handed out, comes back, merges, and goes out again. */
static void test_exhaustion(void **state)
{
	uint64_t seed = 6, pages = SECTIONS * 512;

	for (int round = 0; round < 20; round++) {
		struct machine *machine = random_machine(&seed, units[round % 5]);
		uint8_t *out = calloc(pages, 1);
		struct cvm_pages_stats stats;
		uint64_t n;

		add_free(machine, &seed);
		n = machine_exhaust(machine, (unsigned)below(&seed, 4));
		n = machine->out + machine_exhaust(machine, 0);
		stats = machine_stats(machine);
		assert_int_equal(stats.free, 0);
		assert_int_equal(stats.unaccepted, 0);
		assert_int_equal(n + stats.memmap, machine->total);
		for (uint64_t i = 0; i < pages; i++)
			out[i] = machine->model[i] == PAGE_OUT;
		machine_release_all(machine, &seed);
		machine_check(machine);
		machine_check_merged(machine, out);
		assert_int_equal(machine_exhaust(machine, 0), n);
		machine_check(machine);
		free(out);
		machine_free(machine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_exhaustion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
