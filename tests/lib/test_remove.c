/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

/* Ranges are taken out of the page allocator, refused while in use, and added again. */

#define BASE (4 * GIB)
#define SIZE (64 * CVM_PAGEBLOCK)

static struct machine *simple(bool guard)
{
	struct cvm_range range = { BASE, BASE + SIZE, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, BASE + SIZE, 2 << 20, guard, &range, 1);

	machine_add_all(machine);
	return machine;
}

/* In the model what is removed was not added. */
static void forget(struct machine *machine, uint64_t start, uint64_t end)
{
	for (uint64_t gpa = start; gpa < end; gpa += PAGE) {
		uint8_t *page = &machine->model[(gpa - machine->fake->base) / PAGE];

		assert_int_equal(*page, PAGE_ADDED);
		*page = PAGE_NOT_ADDED;
	}
	machine->total -= (end - start) / PAGE;
}

static void take_out(struct machine *machine, uint64_t start, uint64_t end)
{
	struct cvm_page_in_use in_use = { 0, CVM_IN_USE_OTHER };

	assert_int_equal(cvm_pages_remove(&machine->pages, start, end, &in_use), 0);
	forget(machine, start, end);
	machine_check(machine);
}

static void refuse(struct machine *machine, uint64_t start, uint64_t end, uint64_t where,
		   enum cvm_in_use reason)
{
	struct cvm_pages_stats before = machine_stats(machine), after;
	struct cvm_page_in_use in_use = { 0, CVM_IN_USE_OTHER };

	assert_int_equal(cvm_pages_remove(&machine->pages, start, end, &in_use), CVM_EBUSY);
	assert_int_equal(in_use.where, where);
	assert_int_equal(in_use.reason, reason);
	assert_int_equal(cvm_pages_remove(&machine->pages, start, end, NULL), CVM_EBUSY);
	after = machine_stats(machine);
	assert_memory_equal(&before, &after, sizeof(before));
	machine_check(machine);
}

static void test_arguments(void **state)
{
	struct machine *machine = simple(false);
	struct cvm_pages *pages = &machine->pages;

	assert_int_equal(cvm_pages_remove(pages, BASE, BASE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_pages_remove(pages, BASE + PAGE, BASE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_pages_remove(pages, BASE + 1, BASE + PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_pages_remove(pages, BASE, BASE + 1, NULL), CVM_EINVAL);
	assert_int_equal(cvm_pages_remove(pages, BASE + SIZE, BASE + SIZE + PAGE, NULL),
			 CVM_ERANGE);
	machine_check(machine);
	machine_free(machine);
}

/* What was never populated; nothing is accepted for it, then or when it comes back. */
static void test_pending(void **state)
{
	struct machine *machine = simple(true);
	uint64_t start = BASE + 10 * CVM_PAGEBLOCK, end = start + 20 * CVM_PAGEBLOCK, seed = 1;

	take_out(machine, start, end);
	assert_int_equal(machine->fake->pages, 0);
	machine_exhaust(machine, 0);
	assert_int_equal(fake_count(machine->fake, start + CVM_PAGEBLOCK, end, FAKE_ACCEPTED), 0);
	machine_add(machine, start, end);
	assert_int_equal(machine_alloc(machine, 9), 0);
	machine_release_all(machine, &seed);
	machine_check(machine);
	machine_free(machine);
}

static void test_reasons(void **state)
{
	struct machine *machine = simple(false);
	uint64_t block = BASE + 2 * CVM_PAGEBLOCK, gpa, seed = 2;
	struct cvm_page_in_use in_use;
	struct cvm_cache cache;

	/* Pageblock 0 gives the block in use, pageblock 2 is not the allocator's. */
	take_out(machine, block, block + CVM_PAGEBLOCK);
	refuse(machine, BASE, BASE + SIZE, block, CVM_IN_USE_OTHER);
	refuse(machine, block + PAGE, block + 2 * PAGE, block + PAGE, CVM_IN_USE_OTHER);
	assert_int_equal(machine_alloc(machine, 3), 0);
	gpa = machine->block[0].gpa;
	refuse(machine, gpa, gpa + PAGE, gpa, CVM_IN_USE_ALLOCATED);
	refuse(machine, gpa + PAGE, gpa + 2 * PAGE, gpa + PAGE, CVM_IN_USE_ALLOCATED);
	assert_int_equal(gpa, BASE);
	/* The rest of the pageblock can be removed, of a block as well that begins before. */
	take_out(machine, BASE + 511 * PAGE, BASE + 512 * PAGE);
	take_out(machine, BASE + 70 * PAGE, BASE + 77 * PAGE);
	refuse(machine, BASE, BASE + CVM_PAGEBLOCK, BASE, CVM_IN_USE_ALLOCATED);
	machine_release_all(machine, &seed);
	machine_check(machine);
	cvm_cache_init(&cache, &machine->pages);
	assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa), 0);
	assert_int_equal(cvm_cache_free(&cache, gpa, 0), 0);
	assert_int_equal(cvm_pages_remove(&machine->pages, gpa, gpa + PAGE, &in_use), CVM_EBUSY);
	assert_int_equal(in_use.reason, CVM_IN_USE_CACHED);
	cvm_cache_drain(&cache);
	take_out(machine, gpa, gpa + PAGE);
	machine_free(machine);
}

/* Descriptors lie in the highest pageblock, or in the seed. */
static void test_descriptors(void **state)
{
	struct machine *machine = simple(false);
	struct cvm_pages_config config;
	uint64_t seed = 3;

	machine_exhaust(machine, 0);
	machine_release_all(machine, &seed);
	refuse(machine, BASE, BASE + SIZE, BASE + SIZE - CVM_PAGEBLOCK, CVM_IN_USE_OTHER);
	machine_free(machine);

	machine = simple(false);
	config = machine->pages.config;
	config.removable = true;
	assert_int_equal(cvm_pages_init(&machine->pages, &config), CVM_EINVAL);
	config.seed_bytes = cvm_pages_seed_bytes(BASE, BASE + SIZE);
	config.seed = aligned_alloc(16, config.seed_bytes);
	assert_int_equal(cvm_pages_init(&machine->pages, &config), 0);
	assert_int_equal(cvm_pages_add(&machine->pages, BASE, BASE + SIZE), 0);
	assert_int_equal(machine_exhaust(machine, 0), SIZE / PAGE);
	assert_int_equal(machine_stats(machine).memmap, 0);
	machine_release_all(machine, &seed);
	take_out(machine, BASE, BASE + SIZE);
	assert_int_equal(machine_stats(machine).total, 0);
	assert_int_equal(machine_alloc(machine, 0), CVM_ENOMEM);
	machine_add(machine, BASE, BASE + SIZE);
	assert_int_equal(machine_exhaust(machine, 9), 64);
	machine_check(machine);
	free(config.seed);
	machine_free(machine);
}

/*
 * What is pending in pieces takes room of the seed, until less is left than population keeps ahead:
 * it is not made in the memory, which could not be removed then.
 */
static void test_room_in_pieces(void **state)
{
	struct cvm_range range = { BASE, BASE + GIB, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, BASE + GIB, 2 << 20, false, &range, 1);
	struct cvm_pages_config config = machine->pages.config;
	uint64_t pieces = (58 << 10) / 32, bytes, populated = 0;
	int error;

	config.removable = true;
	config.seed_bytes = cvm_pages_seed_bytes(BASE, BASE + GIB);
	config.seed = aligned_alloc(16, config.seed_bytes);
	assert_int_equal(cvm_pages_init(&machine->pages, &config), 0);
	assert_int_equal(cvm_pages_add(&machine->pages, BASE + 2 * pieces * PAGE, BASE + GIB), 0);
	for (uint64_t i = pieces; i-- > 0;)
		assert_int_equal(cvm_pages_add(&machine->pages, BASE + 2 * i * PAGE,
					       BASE + (2 * i + 1) * PAGE),
				 0);
	while (!(error = cvm_pages_populate(&machine->pages, CVM_CAUSE_BACKGROUND, &bytes)))
		populated += bytes;
	assert_int_equal(error, CVM_ENOMEM);
	assert_int_equal(populated, GIB - pieces * PAGE);
	assert_int_equal(machine_stats(machine).memmap, 0);
	assert_int_equal(machine_stats(machine).free, populated / PAGE);
	free(config.seed);
	machine_free(machine);
}

/* More pieces than the seed has room for are refused: what was added can all be allocated. */
static void test_too_many_pieces(void **state)
{
	struct cvm_range range = { BASE, BASE + GIB, 0, CVM_MEM_UNACCEPTED };
	uint64_t extra[] = { 0, 1000 * 32 };

	for (size_t i = 0; i < 2; i++) {
		struct machine *machine = machine_new(BASE, BASE + GIB, 2 << 20, false, &range, 1);
		struct cvm_pages_config config = machine->pages.config;
		uint64_t pieces = 0, bytes, populated = 0;
		int error;

		config.removable = true;
		config.seed_bytes = cvm_pages_seed_bytes(BASE, BASE + GIB) + extra[i];
		config.seed = aligned_alloc(16, config.seed_bytes);
		assert_int_equal(cvm_pages_init(&machine->pages, &config), 0);
		/* Each pageblock has some, so that each needs its descriptors. */
		for (uint64_t at = 0; at < 64; at++) {
			for (uint64_t gpa = BASE + 2 * at * PAGE; gpa < BASE + GIB;
			     gpa += CVM_PAGEBLOCK) {
				error = cvm_pages_add(&machine->pages, gpa, gpa + PAGE);
				if (error)
					break;
				pieces++;
			}
			if (error)
				break;
		}
		assert_int_equal(error, CVM_ENOMEM);
		assert_in_range(pieces, 1856 + extra[i] / 32, 2048 + extra[i] / 32);
		while (!(error = cvm_pages_populate(&machine->pages, CVM_CAUSE_BACKGROUND, &bytes)))
			populated += bytes;
		assert_int_equal(populated, pieces * PAGE);
		assert_int_equal(machine_stats(machine).free, pieces);
		free(config.seed);
		machine_free(machine);
	}
}

/* A removal that is refused, or whose memory comes back, leaves no cut behind. */
static void test_whole_again(void **state)
{
	struct cvm_range range = { BASE, BASE + 3 * GIB, 0, CVM_MEM_UNACCEPTED };
	uint64_t hole = BASE + 2 * GIB + GIB / 2, start = BASE + GIB + CVM_PAGEBLOCK;
	struct machine *machine = machine_new(BASE, range.end, 2 << 20, false, &range, 1);

	machine_add_all(machine);
	take_out(machine, hole, hole + CVM_PAGEBLOCK);
	refuse(machine, start, range.end, hole, CVM_IN_USE_OTHER);
	take_out(machine, BASE + 3 * CVM_PAGEBLOCK, BASE + 5 * CVM_PAGEBLOCK);
	machine_add(machine, BASE + 3 * CVM_PAGEBLOCK, BASE + 5 * CVM_PAGEBLOCK);
	assert_int_equal(machine_exhaust(machine, 18), 2);
	machine_check(machine);
	machine_free(machine);
}

/* Allocations, frees, removals and additions, against the model. */
static void run(bool guard, uint64_t seed)
{
	struct machine *machine = simple(guard);
	unsigned removed = 0;

	for (int i = 0; i < 3000; i++) {
		uint64_t first = below(&seed, SIZE / PAGE), pages = 1 + below(&seed, 1200);
		uint64_t start = BASE + first * PAGE, end = start + pages * PAGE;

		switch (below(&seed, 6)) {
		case 0:
		case 1:
			machine_alloc(machine, (unsigned)below(&seed, 11));
			break;
		case 2:
		case 3:
			if (machine->blocks)
				machine_release(machine, below(&seed, machine->blocks));
			break;
		case 4:
			if (end > BASE + SIZE ||
			    cvm_pages_remove(&machine->pages, start, end, NULL))
				break;
			forget(machine, start, end);
			removed++;
			break;
		default:
			/* Some run of what was removed. */
			while (first < SIZE / PAGE && machine->model[first] != PAGE_NOT_ADDED)
				first++;
			for (pages = first; pages < SIZE / PAGE;)
				if (machine->model[pages] == PAGE_NOT_ADDED)
					pages++;
				else
					break;
			if (first < pages)
				machine_add(machine, BASE + first * PAGE, BASE + pages * PAGE);
		}
		if (i % 20 == 0)
			machine_check(machine);
	}
	assert_true(removed > 100);
	assert_true(fake_clean(machine->fake));
	machine_check(machine);
	machine_free(machine);
}

static void test_random(void **state)
{
	for (uint64_t seed = 1; seed < 7; seed++)
		run(seed & 1, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),      cmocka_unit_test(test_pending),
		cmocka_unit_test(test_reasons),	       cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_room_in_pieces), cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_random),	       cmocka_unit_test(test_whole_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
