/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "machine.h"

/* What a rejected guard costs, and what an allocation that cannot succeed accepts. */

#define BASE (4 * GIB)

static struct machine *simple(uint64_t pageblocks, bool guard)
{
	uint64_t end = BASE + pageblocks * CVM_PAGEBLOCK;
	struct cvm_range range = { BASE, end, 0, CVM_MEM_UNACCEPTED };
	struct machine *machine = machine_new(BASE, end, 2 << 20, guard, &range, 1);

	machine->refuses = true;
	return machine;
}

/* The pageblock below a rejected one loses its last page, by whichever way it is populated. */
static void test_guard_rejected(void **state)
{
	for (unsigned way = 0; way < 3; way++) {
		struct machine *machine = simple(16, true);
		uint64_t bytes, n = 0;
		int error;

		machine_add_all(machine);
		fake_mood(machine->fake, BASE + CVM_PAGEBLOCK, FAKE_REFUSE);
		if (way == 0)
			assert_int_equal(
				cvm_pages_populate(&machine->pages, CVM_CAUSE_BACKGROUND, &bytes),
				0);
		else if (way == 1)
			assert_int_equal(machine_alloc(machine, 9), CVM_EIO);
		machine_check(machine);
		while ((error = machine_alloc(machine, 0)) != CVM_ENOMEM) {
			n += !error;
			assert_true(!error || error == CVM_EIO);
		}
		machine_check(machine);
		assert_int_equal(machine_stats(machine).failed, 512 + 1);
		assert_int_equal(machine_stats(machine).free, 0);
		assert_int_equal(machine_stats(machine).allocated, n);
		machine_free(machine);
	}
}

/* The same in the middle of a block that is larger, and at its end. */
static void test_guard_rejected_in_block(void **state)
{
	for (unsigned at = 3; at <= 4; at++) {
		struct machine *machine = simple(16, true);

		machine_add_all(machine);
		fake_mood(machine->fake, BASE + at * CVM_PAGEBLOCK, FAKE_REFUSE);
		assert_int_equal(machine_alloc(machine, 11), CVM_EIO);
		machine_check(machine);
		while (machine_alloc(machine, 0) != CVM_ENOMEM)
			continue;
		machine_check(machine);
		assert_int_equal(machine_stats(machine).failed, 512 + 1);
		machine_free(machine);
	}
}

/* A pageblock of descriptors does not need its guard. */
static void test_guard_of_descriptors(void **state)
{
	struct machine *machine = simple(64, true);
	uint64_t top = BASE + 63 * CVM_PAGEBLOCK;

	machine_add(machine, BASE, top);
	fake_mood(machine->fake, top, FAKE_REFUSE);
	while (machine_alloc(machine, 0) != CVM_ENOMEM)
		continue;
	assert_int_equal(machine_stats(machine).memmap, 512);
	assert_int_equal(machine_stats(machine).failed, 0);
	machine_check(machine);
	machine_free(machine);
}

static uint64_t accepted(struct machine *machine)
{
	return fake_count(machine->fake, machine->fake->base, machine->fake->end, FAKE_ACCEPTED);
}

/* A page of each pageblock is missing: no allocation of 2 MiB can succeed. */
static void test_nothing_for_nothing(void **state)
{
	struct machine *machine = simple(64, false);
	uint64_t before;

	for (uint64_t i = 0; i < 64; i++) {
		uint64_t start = BASE + i * CVM_PAGEBLOCK, hole = start + (7 + i) * PAGE;

		machine_add(machine, start, hole);
		machine_add(machine, hole + PAGE, start + CVM_PAGEBLOCK);
	}
	before = accepted(machine);
	assert_int_equal(machine_alloc(machine, 9), CVM_ENOMEM);
	assert_int_equal(accepted(machine), before);
	machine_check(machine);
	assert_int_equal(machine_alloc(machine, 8), 0);
	machine_check(machine);
	machine_free(machine);
}

/* Fragments of 60 KiB, and an order of 128 KiB. */
static void test_fragments(void **state)
{
	struct machine *machine = simple(8, false);

	for (uint64_t at = BASE; at < BASE + 8 * CVM_PAGEBLOCK; at += 64 * KIB)
		machine_add(machine, at, at + 60 * KIB);
	assert_int_equal(machine_alloc(machine, 5), CVM_ENOMEM);
	assert_int_equal(accepted(machine), 0);
	assert_int_equal(machine_alloc(machine, 3), 0);
	machine_check(machine);
	machine_free(machine);
}

/* Parts that make a block only together: all of them are populated, and nothing else. */
static void test_completed(void **state)
{
	struct machine *machine = simple(8, false);
	uint64_t whole = BASE + 5 * CVM_PAGEBLOCK;

	for (uint64_t i = 0; i < 5; i++)
		machine_add(machine, BASE + i * CVM_PAGEBLOCK,
			    BASE + (i + 1) * CVM_PAGEBLOCK - PAGE);
	for (uint64_t i = 0; i < 8; i++)
		machine_add(machine, whole + i * CVM_PAGEBLOCK / 8,
			    whole + (i + 1) * CVM_PAGEBLOCK / 8);
	assert_int_equal(machine_alloc(machine, 9), 0);
	assert_int_equal(fake_count(machine->fake, BASE, whole, FAKE_ACCEPTED), 0);
	machine_check(machine);
	assert_int_equal(machine_alloc(machine, 9), CVM_ENOMEM);
	assert_int_equal(fake_count(machine->fake, BASE, whole, FAKE_ACCEPTED), 0);
	machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard_rejected),
		cmocka_unit_test(test_guard_rejected_in_block),
		cmocka_unit_test(test_guard_of_descriptors),
		cmocka_unit_test(test_nothing_for_nothing),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
