/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

/* Blocks above a pageblock, memory that is refused, and very large or fragmented spans. */

#define BASE (4 * GIB)

static struct machine *simple(uint64_t bytes, uint32_t unit, bool guard)
{
	struct cvm_range range = { BASE, BASE + bytes, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, BASE + bytes, unit, guard, &range, 1);

	machine_add_all(machine);
	return machine;
}

/* Two of three GiB can be allocated whole: descriptors take the top. */
static void test_whole_gib(void **state)
{
	static const uint32_t units[] = { 2 << 20, 1 << 30 };

	for (int i = 0; i < 2; i++) {
		struct machine *machine = simple(3 * GIB, units[i], i);
		uint64_t seed = 7;

		assert_int_equal(machine_exhaust(machine, 18), 2);
		machine_check(machine);
		machine_release(machine, 1);
		machine_check(machine);
		assert_int_equal(machine_alloc(machine, 18), 0);
		machine_release_all(machine, &seed);
		machine_check(machine);
		/* Cut up, and whole again. */
		for (int j = 0; j < 2000; j++)
			assert_int_equal(machine_alloc(machine, (unsigned)below(&seed, 9)), 0);
		machine_release_all(machine, &seed);
		assert_int_equal(machine_stats(machine).free_blocks[18], 2);
		machine_check(machine);
		machine_free(machine);
	}
}

/* A pageblock that is refused costs itself and nothing else. */
static void test_refused_section(void **state)
{
	struct machine *machine = simple(64 * CVM_PAGEBLOCK, 2 << 20, false);
	uint64_t n = 0, failures = 0;
	int error;

	machine->refuses = true;
	fake_mood(machine->fake, BASE + 3 * CVM_PAGEBLOCK + 5 * PAGE, FAKE_REFUSE);
	fake_mood(machine->fake, BASE + 9 * CVM_PAGEBLOCK, FAKE_REFUSE);
	while ((error = machine_alloc(machine, 0)) != CVM_ENOMEM) {
		n += !error;
		failures += error == CVM_EIO;
		if (error)
			assert_int_equal(error, CVM_EIO);
		machine_check(machine);
	}
	assert_int_equal(failures, 2);
	assert_int_equal(machine_stats(machine).failed, 2 * 512);
	assert_int_equal(machine_stats(machine).free, 0);
	assert_int_equal(n + machine_stats(machine).memmap + 2 * 512, machine->total);
	machine_free(machine);
}

/* A large block is accepted in runs of the acceptor, 128 MiB by default, and the last has the
 * guard. */
static void test_runs(void **state)
{
	for (unsigned order = 10; order <= 18; order++) {
		struct machine *machine = simple(3 * GIB, 2 << 20, true);
		uint64_t bytes = UINT64_C(4096) << order, longest = 0;

		/* With the room for its descriptors. */
		assert_int_equal(machine_alloc(machine, order), 0);
		for (unsigned i = 0; i < machine->fake->calls; i++) {
			uint64_t start = machine->fake->call[i].start;
			uint64_t end = machine->fake->call[i].end;

			longest = end - start > longest ? end - start : longest;
		}
		assert_int_equal(longest, (bytes < CVM_RUN_DEFAULT ? bytes : CVM_RUN_DEFAULT) +
						  CVM_PAGEBLOCK);
		assert_true(machine->fake->calls <=
			    bytes / CVM_RUN_DEFAULT + 1 + bytes / (200 * CVM_PAGEBLOCK) + 1);
		machine_check(machine);
		machine_free(machine);
	}
}

/* The same in the middle of a large block: the accepted parts can be allocated in small blocks. */
static void test_refused_in_block(void **state)
{
	struct machine *machine = simple(2 * GIB, 2 << 20, false);

	machine->refuses = true;
	fake_mood(machine->fake, BASE + 100 * CVM_PAGEBLOCK, FAKE_REFUSE);
	assert_int_equal(machine_alloc(machine, 18), CVM_EIO);
	machine_check(machine);
	assert_int_equal(machine_stats(machine).failed, 512);
	assert_int_equal(machine_alloc(machine, 17), 0);
	machine_check(machine);
	machine_exhaust(machine, 9);
	assert_int_equal(machine_stats(machine).free, 0);
	machine_check(machine);
	machine_free(machine);
}

/* Descriptors that cannot be made in the middle of a large block. */
static void test_refused_descriptors(void **state)
{
	struct machine *machine = simple(2 * GIB, 2 << 20, false);
	uint64_t end = BASE + 2 * GIB;

	machine->refuses = true;
	/* The second pageblock of descriptors; the first describes 255 pageblocks. */
	fake_mood(machine->fake, end - 2 * CVM_PAGEBLOCK, FAKE_REFUSE);
	assert_int_equal(machine_alloc(machine, 18), CVM_EIO);
	machine_check(machine);
	assert_int_equal(machine_stats(machine).failed, 512);
	assert_int_equal(machine_alloc(machine, 9), 0);
	machine_check(machine);
	machine_exhaust(machine, 9);
	assert_int_equal(machine_stats(machine).free, 0);
	machine_check(machine);
	machine_free(machine);
}

/*
 * One GiB alone cannot be whole, for want of room for its descriptors. The attempt has used memory
 * for them, and what is left is pending again.
 */
static void test_no_room_for_block(void **state)
{
	struct machine *machine = simple(GIB, 2 << 20, false);

	assert_int_equal(machine_alloc(machine, 18), CVM_ENOMEM);
	machine_check(machine);
	assert_int_equal(machine_alloc(machine, 16), 0);
	machine_check(machine);
	machine_exhaust(machine, 9);
	assert_int_equal(machine_stats(machine).free, 0);
	machine_check(machine);
	machine_free(machine);
}

/* The same memory in a span that begins at `start`. */
static void respan(struct machine *machine, struct cvm_pages_config *config, uint64_t start)
{
	*config = machine->pages.config;
	config->start = start;
	config->index = calloc(cvm_pages_index_bytes(start, config->end), 1);
	config->seed_bytes =
		256 * KIB; /* so that the last pageblock is not taken for descriptors */
	config->seed = aligned_alloc(16, config->seed_bytes);
	assert_int_equal(cvm_pages_init(&machine->pages, config), 0);
}

/* The last pages of the largest span. */
static void test_largest_span(void **state)
{
	uint64_t top = UINT64_C(1) << 52, low = top - 16 * CVM_PAGEBLOCK, found = 0, gpa;
	struct cvm_range range = { low, top, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(low, top, 2 << 20, false, &range, 1);
	struct cvm_pages_config config;

	respan(machine, &config, 0);
	assert_int_equal(cvm_pages_add(&machine->pages, low, top), 0);
	while (!cvm_pages_alloc(&machine->pages, 0, &gpa)) {
		assert_true(gpa >= low && gpa < top);
		found++;
	}
	assert_int_equal(found + machine_stats(machine).memmap, 16 * 512);
	assert_int_equal(machine_stats(machine).free, 0);
	assert_int_equal(cvm_pages_free(&machine->pages, top - PAGE, 0), 0);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &gpa), 0);
	assert_int_equal(gpa, top - PAGE);
	free(config.index);
	free(config.seed);
	machine_free(machine);
}

/* Memory on both sides of each bound of 8 TiB, where page numbers in the lists begin again. */
static void test_segments(void **state)
{
	static const unsigned orders[] = { 0, 3, 9, 10 };

	for (uint64_t segment = 1; segment < 512; segment *= 7) {
		uint64_t start = 64 * GIB, middle = start + segment * 8192 * GIB;
		struct cvm_range range = { middle - 32 * CVM_PAGEBLOCK, middle + 32 * CVM_PAGEBLOCK,
					   0, CVM_MEM_UNACCEPTED };
		struct machine *machine =
			machine_new(range.start, range.end, 2 << 20, true, &range, 1);
		struct cvm_pages_config config;
		uint64_t seed = segment;

		respan(machine, &config, start);
		machine_add_all(machine);
		for (int i = 0; i < 3000; i++) {
			if (below(&seed, 5) < 3)
				machine_alloc(machine, orders[below(&seed, 4)]);
			else if (machine->blocks)
				machine_release(machine, below(&seed, machine->blocks));
			if (i % 50 == 0)
				machine_check(machine);
		}
		machine_release_all(machine, &seed);
		machine_check(machine);
		/* Both sides are used up, and no block lies on both. */
		machine_exhaust(machine, 9);
		assert_int_equal(machine_stats(machine).free, 0);
		machine_check(machine);
		free(config.index);
		free(config.seed);
		machine_free(machine);
	}
}

/* Memory that is added in pieces is as good as memory that is added at once, in any order. */
static void test_added_in_pieces(void **state)
{
	const uint64_t piece = 128 * MIB;

	for (int order = 0; order < 3; order++) {
		struct cvm_range range = { BASE, BASE + 3 * GIB, 0, CVM_MEM_UNACCEPTED };
		struct machine *machine =
			machine_new(BASE, range.end, 2 << 20, order & 1, &range, 1);
		uint64_t seed = 3;

		for (uint64_t i = 0; i < 24; i++) {
			/* Upwards, downwards, and each second one first. */
			uint64_t n[] = { i, 23 - i, i < 12 ? 2 * i : 2 * (i - 12) + 1 };

			machine_add(machine, BASE + n[order] * piece,
				    BASE + (n[order] + 1) * piece);
		}
		assert_int_equal(machine_exhaust(machine, 18), 2);
		machine_check(machine);
		machine_release_all(machine, &seed);
		machine_check(machine);
		machine_free(machine);
	}
}

/* What does not touch stays apart: no block has the hole. */
static void test_pieces_with_holes(void **state)
{
	struct cvm_range range = { BASE, BASE + 3 * GIB, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, range.end, 2 << 20, true, &range, 1);
	uint64_t hole = BASE + GIB + GIB / 2;

	machine_add(machine, BASE, hole);
	machine_add(machine, hole + PAGE, range.end);
	assert_int_equal(cvm_pages_add(&machine->pages, hole - PAGE, hole + PAGE), CVM_EINVAL);
	assert_int_equal(cvm_pages_add(&machine->pages, hole, hole + 2 * PAGE), CVM_EINVAL);
	assert_int_equal(machine_exhaust(machine, 18), 1);
	machine_exhaust(machine, 0);
	machine_check(machine);
	machine_add(machine, hole, hole + PAGE);
	assert_int_equal(machine_alloc(machine, 0), 0);
	assert_int_equal(machine->block[machine->blocks - 1].gpa, hole);
	machine_check(machine);
	machine_free(machine);
}

/* Hundreds of scattered ranges, until there is no room to note another: all can be used. */
static void test_scattered(void **state)
{
	struct machine *machine = simple(GIB, 2 << 20, false);
	struct cvm_pages_config config = machine->pages.config;
	uint64_t n = 0;
	int error = 0;

	assert_int_equal(cvm_pages_init(&machine->pages, &config), 0);
	memset(machine->model, PAGE_NOT_ADDED, GIB / PAGE);
	machine->total = 0;
	machine_add(machine, BASE + 400 * CVM_PAGEBLOCK, BASE + GIB - PAGE);
	while (!error && n < 100000) {
		uint64_t gpa = BASE + 2 * n * PAGE;

		error = cvm_pages_add(&machine->pages, gpa, gpa + PAGE);
		if (!error) {
			machine->model[2 * n++] = PAGE_ADDED;
			machine->total++;
		}
	}
	assert_int_equal(error, CVM_ENOMEM);
	assert_true(n > 500);
	machine_check(machine);
	assert_int_equal(machine_alloc(machine, 9), 0);
	machine_exhaust(machine, 0);
	assert_int_equal(machine_stats(machine).free, 0);
	machine_check(machine);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_gib),
		cmocka_unit_test(test_refused_section),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_refused_in_block),
		cmocka_unit_test(test_refused_descriptors),
		cmocka_unit_test(test_no_room_for_block),
		cmocka_unit_test(test_largest_span),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_added_in_pieces),
		cmocka_unit_test(test_pieces_with_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
