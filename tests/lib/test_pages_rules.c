/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "machine.h"

/* What the page allocator refuses, and how much it accepts for what it gives. */

#define BASE (4 * GIB)

static struct machine *simple(uint64_t accepted, uint64_t pageblocks, uint32_t unit, bool guard)
{
	uint64_t middle = BASE + accepted * CVM_PAGEBLOCK, end = BASE + pageblocks * CVM_PAGEBLOCK;
	struct cvm_range ranges[] = {
		{ BASE, middle, 0, CVM_MEM_RAM },
		{ middle, end, 0, CVM_MEM_UNACCEPTED },
	};
	size_t skip = !accepted;
	struct machine *machine = machine_new(BASE, end, unit, guard, ranges + skip, 2 - skip);

	machine_add_all(machine);
	return machine;
}

static int add(struct machine *machine, uint64_t start, uint64_t end)
{
	return cvm_pages_add(&machine->pages, start, end);
}

static void test_init(void **state)
{
	struct machine *machine = simple(0, 8, 2 << 20, false);
	struct cvm_pages_config good = machine->pages.config, bad = good;
	struct cvm_pages pages;

	bad.acceptor = NULL;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_EINVAL);
	bad = good;
	bad.index = NULL;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_EINVAL);
	bad = good;
	bad.seed = NULL;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_EINVAL);
	bad = good;
	bad.seed = (char *)bad.seed + 8;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_EINVAL);
	bad = good;
	bad.seed_bytes = CVM_PAGES_SEED - 1;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_EINVAL);
	bad = good;
	bad.end = bad.start;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_ERANGE);
	bad.end = bad.start + (UINT64_C(1) << 52) + GIB;
	assert_int_equal(cvm_pages_init(&pages, &bad), CVM_ERANGE);
	assert_int_equal(cvm_pages_init(&pages, &good), 0);
	assert_int_equal(cvm_pages_index_bytes(BASE, BASE + 1), 8);
	assert_int_equal(cvm_pages_index_bytes(BASE + GIB - 1, BASE + GIB + 1), 16);
	assert_int_equal(cvm_pages_index_bytes(GIB, 0), 0);
	assert_int_equal(cvm_pages_index_bytes(0, 8192 * GIB), 8192 * 8);
	assert_int_equal(cvm_pages_index_bytes(0, 8193 * GIB),
			 8193 * 8 + 2 * sizeof(struct cvm_segment));
	assert_int_equal(cvm_pages_index_bytes(0, UINT64_C(1) << 52),
			 (UINT64_C(1) << 22) * 8 + 512 * sizeof(struct cvm_segment));
	machine_free(machine);
}

static void test_add(void **state)
{
	struct machine *machine = simple(1, 8, 2 << 20, false);
	uint64_t end = BASE + 8 * CVM_PAGEBLOCK;

	assert_int_equal(add(machine, BASE, BASE), CVM_EINVAL);
	assert_int_equal(add(machine, BASE + PAGE, BASE), CVM_EINVAL);
	assert_int_equal(add(machine, BASE + 1, BASE + PAGE), CVM_EINVAL);
	assert_int_equal(add(machine, BASE, BASE + PAGE + 1), CVM_EINVAL);
	assert_int_equal(add(machine, BASE - PAGE, BASE), CVM_ERANGE);
	assert_int_equal(add(machine, end, end + PAGE), CVM_ERANGE);
	assert_int_equal(add(machine, BASE, end), CVM_EINVAL);
	assert_int_equal(add(machine, BASE, BASE + PAGE), CVM_EINVAL);
	assert_int_equal(add(machine, end - PAGE, end), CVM_EINVAL);
	machine_check(machine);
	machine_free(machine);
}

static void refuse_free(struct machine *machine, uint64_t gpa, unsigned order)
{
	struct cvm_pages_stats before = machine_stats(machine), after;

	assert_int_equal(cvm_pages_free(&machine->pages, gpa, order), CVM_EINVAL);
	after = machine_stats(machine);
	assert_memory_equal(&before, &after, sizeof(after));
}

static void test_bad_frees(void **state)
{
	struct machine *machine = simple(0, 16, 2 << 20, false);
	uint64_t gpa;

	refuse_free(machine, BASE, 0);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 3, &gpa), 0);
	for (unsigned order = 0; order < 70; order++)
		if (order != 3)
			refuse_free(machine, gpa, order);
	refuse_free(machine, gpa + PAGE, 3);
	refuse_free(machine, gpa + PAGE, 0);
	refuse_free(machine, gpa + 8 * PAGE, 3);
	refuse_free(machine, gpa + 1, 3);
	refuse_free(machine, 0, 0);
	refuse_free(machine, BASE - PAGE, 0);
	refuse_free(machine, BASE + 16 * CVM_PAGEBLOCK, 0);
	refuse_free(machine, BASE + 15 * CVM_PAGEBLOCK, 9);
	refuse_free(machine, UINT64_MAX - PAGE + 1, 0);
	assert_int_equal(cvm_pages_free(&machine->pages, gpa, 3), 0);
	refuse_free(machine, gpa, 3);
	refuse_free(machine, gpa, 9);
	assert_int_equal(cvm_pages_alloc(&machine->pages, CVM_MAX_ORDER + 1, &gpa), CVM_EINVAL);
	assert_int_equal(cvm_pages_alloc(&machine->pages, UINT32_MAX, &gpa), CVM_EINVAL);
	machine_check(machine);
	machine_free(machine);
}

static void test_owner(void **state)
{
	struct machine *machine = simple(0, 16, 2 << 20, false);
	uint64_t gpa;
	uint32_t *owner;

	assert_null(cvm_pages_owner(&machine->pages, BASE));
	assert_int_equal(cvm_pages_alloc(&machine->pages, 2, &gpa), 0);
	owner = cvm_pages_owner(&machine->pages, gpa);
	assert_non_null(owner);
	assert_int_equal(*owner, 0);
	*owner = 77;
	assert_ptr_equal(cvm_pages_owner(&machine->pages, gpa), owner);
	assert_null(cvm_pages_owner(&machine->pages, gpa + PAGE));
	assert_int_equal(cvm_pages_free(&machine->pages, gpa, 2), 0);
	assert_null(cvm_pages_owner(&machine->pages, gpa));
	assert_int_equal(cvm_pages_alloc(&machine->pages, 2, &gpa), 0);
	assert_int_equal(*cvm_pages_owner(&machine->pages, gpa), 0);
	machine_free(machine);
}

/* Without a call of the platform there is only what is free already. */
static void test_try(void **state)
{
	struct machine *machine = simple(0, 16, 2 << 20, false);
	uint64_t gpa, first;

	assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 0, &gpa), CVM_ENOMEM);
	assert_int_equal(machine->fake->calls, 0);
	assert_int_equal(cvm_pages_alloc(&machine->pages, 0, &first), 0);
	assert_int_equal(machine->fake->calls, 1);
	for (unsigned i = 1; i < 512; i++)
		assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 0, &gpa), 0);
	assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 0, &gpa), CVM_ENOMEM);
	assert_int_equal(cvm_pages_alloc_nowait(&machine->pages, 19, &gpa), CVM_EINVAL);
	assert_int_equal(machine->fake->calls, 1);
	machine_free(machine);
}

/* Accepted memory first, wherever it lies, and not one platform call until it is used up. */
static void test_accepted_first(void **state)
{
	struct cvm_range ranges[] = {
		{ BASE, BASE + 10 * CVM_PAGEBLOCK, 0, CVM_MEM_UNACCEPTED },
		{ BASE + 11 * CVM_PAGEBLOCK, BASE + 13 * CVM_PAGEBLOCK, 0, CVM_MEM_RAM },
		{ BASE + 14 * CVM_PAGEBLOCK, BASE + 24 * CVM_PAGEBLOCK, 0, CVM_MEM_UNACCEPTED },
		{ BASE + 25 * CVM_PAGEBLOCK + PAGE, BASE + 26 * CVM_PAGEBLOCK - PAGE, 0,
		  CVM_MEM_RAM },
	};
	struct machine *machine =
		machine_new(BASE, BASE + 26 * CVM_PAGEBLOCK, 2 << 20, false, ranges, 4);

	machine_add_all(machine);
	for (unsigned i = 0; i < 2 * 512 + 510; i++)
		assert_int_equal(machine_alloc(machine, 0), 0);
	assert_int_equal(machine->fake->calls, 0);
	assert_int_equal(machine_alloc(machine, 0), 0);
	assert_int_equal(machine->fake->calls, 1);
	assert_int_equal(machine->fake->call[0].start, BASE);
	machine_free(machine);
}

/* No more than a pageblock, its guard, and now and then a pageblock of descriptors. */
static void check_cost(uint32_t unit, bool guard, bool holes, unsigned order)
{
	uint64_t most = unit > CVM_PAGEBLOCK ? unit : CVM_PAGEBLOCK;
	uint64_t pageblocks = unit > CVM_PAGEBLOCK ? 1024 : 320,
		 end = BASE + pageblocks * CVM_PAGEBLOCK;
	struct cvm_range range = { BASE, end, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine;
	uint64_t pages = 0, meta = 0;

	if (holes) {
		/* Pages that the boot allocator reserved, without accepting them. */
		machine = machine_new(BASE, end, unit, guard, &range, 1);
		for (uint64_t i = 0; i < 64; i++)
			machine_add(machine, BASE + i * CVM_PAGEBLOCK + (1 + i) * PAGE,
				    BASE + (i + 1) * CVM_PAGEBLOCK);
		machine_add(machine, BASE + 64 * CVM_PAGEBLOCK, end);
	} else {
		machine = simple(2, pageblocks, unit, guard);
	}
	if (guard)
		most += unit;
	for (int i = 0; i < 160; i++) {
		uint64_t new_pages, new_meta;

		assert_int_equal(machine_alloc(machine, order), 0);
		new_pages = machine_accepted(machine, CVM_CAUSE_PAGES);
		new_meta = machine_accepted(machine, CVM_CAUSE_MEMMAP);
		assert_true(new_pages - pages <= most);
		assert_true(new_meta - meta <= most);
		pages = new_pages;
		meta = new_meta;
	}
	machine_check(machine);
	machine_free(machine);
}

static void test_cost(void **state)
{
	for (int how = 0; how < 4; how++) {
		check_cost(64 << 10, how & 1, how & 2, 5);
		check_cost(2 << 20, how & 1, how & 2, 0);
		check_cost(2 << 20, how & 1, how & 2, 6);
		check_cost(2 << 20, how & 1, how & 2, 9);
	}
	check_cost(4 << 10, true, true, 9);
	check_cost(1 << 30, true, true, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),  cmocka_unit_test(test_add),
		cmocka_unit_test(test_owner), cmocka_unit_test(test_bad_frees),
		cmocka_unit_test(test_try),   cmocka_unit_test(test_accepted_first),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
