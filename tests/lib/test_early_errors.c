/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/early.h>

#include "world.h"

/* The boot allocator's errors and limits, one by one. */

#define BASE (4 * GIB)
#define UNIT (2 * MIB)

static struct cvm_range range = { BASE, BASE + 64 * UNIT, 0, CVM_MEM_UNACCEPTED };
static const struct cvm_map map = { .range = &range, .count = 1, .capacity = 1 };
static struct cvm_span storage[4];

static struct world *start(struct cvm_early *early, size_t capacity)
{
	struct world *world = world_new(BASE, UNIT, 64, NULL, false);

	cvm_early_init(early, &map, &world->acceptor, storage, capacity);
	return world;
}

static int get(struct cvm_early *early, uint64_t size, uint64_t align, uint64_t *gpa)
{
	return cvm_early_alloc(early, &(struct cvm_early_request){ .size = size, .align = align },
			       gpa);
}

static void test_arguments(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 4);
	uint64_t gpa;

	assert_int_equal(get(&early, 0, PAGE, &gpa), CVM_EINVAL);
	assert_int_equal(get(&early, PAGE, 0, &gpa), CVM_EINVAL);
	assert_int_equal(get(&early, PAGE, 3 * PAGE, &gpa), CVM_EINVAL);
	assert_int_equal(cvm_early_reserve(&early, 1, 1), CVM_EINVAL);
	assert_int_equal(cvm_early_free(&early, 2, 1), CVM_EINVAL);
	assert_int_equal(get(&early, 64 * UNIT + 1, 1, &gpa), CVM_ENOMEM);
	assert_int_equal(get(&early, UINT64_MAX, 1, &gpa), CVM_ENOMEM);
	assert_int_equal(get(&early, 1, UINT64_C(1) << 63, &gpa), CVM_ENOMEM);
	assert_int_equal(get(&early, PAGE, 8 * GIB, &gpa), CVM_ENOMEM);
	assert_int_equal(cvm_early_alloc(&early,
					 &(struct cvm_early_request){ .size = PAGE,
								      .align = 1,
								      .min = BASE + UNIT,
								      .max = BASE + UNIT },
					 &gpa),
			 CVM_ENOMEM);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){
					.size = PAGE, .align = 1, .min = BASE + UNIT, .max = BASE },
				&gpa),
		CVM_ENOMEM);
	assert_int_equal(early.count, 0);
	assert_int_equal(world->fake->calls, 0);
	assert_int_equal(get(&early, 64 * UNIT, PAGE, &gpa), 0);
	assert_int_equal(gpa, BASE);
	assert_int_equal(get(&early, 1, 1, &gpa), CVM_ENOMEM);
	world_free(world);
}

/* Down to the last byte, at both ends. */
static void test_limits(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 4);
	uint64_t gpa;

	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){
					.size = 3, .align = 1, .min = BASE + 5, .max = BASE + 8 },
				&gpa),
		0);
	assert_int_equal(gpa, BASE + 5);
	assert_int_equal(cvm_early_alloc(&early,
					 &(struct cvm_early_request){ .size = 1,
								      .align = 1,
								      .max = BASE + 10,
								      .flags = CVM_EARLY_TOP_DOWN },
					 &gpa),
			 0);
	assert_int_equal(gpa, BASE + 9);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){
					.size = 2, .align = 1, .min = BASE + 5, .max = BASE + 10 },
				&gpa),
		CVM_ENOMEM);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){
					.size = 1, .align = 1, .min = BASE + 5, .max = BASE + 10 },
				&gpa),
		0);
	assert_int_equal(gpa, BASE + 8);
	assert_int_equal(early.count, 1);
	assert_int_equal(early.reserved[0].start, BASE + 5);
	assert_int_equal(early.reserved[0].end, BASE + 10);
	world_free(world);
}

static void test_no_space(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 1);
	uint64_t gpa;

	assert_int_equal(cvm_early_reserve(&early, BASE + UNIT, BASE + 2 * UNIT), 0);
	assert_int_equal(get(&early, PAGE, PAGE, &gpa), CVM_ENOSPC);
	assert_int_equal(early.needed, 2);
	assert_int_equal(world->fake->calls, 0);
	assert_int_equal(early.count, 1);
	/* As a neighbour of what is taken it needs no room. */
	assert_int_equal(get(&early, UNIT, PAGE, &gpa), 0);
	assert_int_equal(early.count, 1);
	world_free(world);
}

/* Refused memory is not handed out, and not offered again. */
static void test_refused(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 4);
	uint64_t gpa;

	fake_mood(world->fake, BASE + MIB, FAKE_REFUSE);
	assert_int_equal(get(&early, UNIT, UNIT, &gpa), CVM_EIO);
	assert_int_equal(get(&early, UNIT, UNIT, &gpa), 0);
	assert_int_equal(gpa, BASE + UNIT);
	assert_true(fake_all_accepted(world->fake, gpa, gpa + UNIT));
	world_free(world);
}

/* What is given back stays accepted, and is not accepted again. */
static void test_give_back(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 4);
	uint64_t gpa, again;

	assert_int_equal(get(&early, UNIT, UNIT, &gpa), 0);
	assert_int_equal(cvm_early_free(&early, gpa, gpa + UNIT), 0);
	assert_int_equal(early.count, 0);
	assert_int_equal(get(&early, UNIT, UNIT, &again), 0);
	assert_int_equal(again, gpa);
	assert_int_equal(world->fake->calls, 1);
	assert_true(world_exact(world));
	world_free(world);
}

static void test_prefer_accepted(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 4);
	unsigned calls;
	uint64_t gpa;

	assert_int_equal(
		cvm_accept(&world->acceptor, BASE + 9 * UNIT, BASE + 11 * UNIT, CVM_CAUSE_FAULT),
		0);
	calls = world->fake->calls;
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){ .size = PAGE,
							     .align = PAGE,
							     .flags = CVM_EARLY_PREFER_ACCEPTED },
				&gpa),
		0);
	assert_int_equal(gpa, BASE + 9 * UNIT);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){ .size = PAGE,
							     .align = PAGE,
							     .flags = CVM_EARLY_PREFER_ACCEPTED |
								      CVM_EARLY_TOP_DOWN },
				&gpa),
		0);
	assert_int_equal(gpa, BASE + 11 * UNIT - PAGE);
	assert_int_equal(world->fake->calls, calls);
	/* There is not that much of it. */
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){ .size = 2 * UNIT,
							     .align = PAGE,
							     .flags = CVM_EARLY_PREFER_ACCEPTED },
				&gpa),
		0);
	assert_int_equal(gpa, BASE);
	world_free(world);
}

/* Before there are claims, in a kernel with the guard, allocation uses memory whose guard is
 * accepted. */
static void test_before_claims(void **state)
{
	struct cvm_early early;
	struct world *world = start(&early, 4);
	struct cvm_acceptor_config config = world->acceptor.config;
	uint64_t gpa;

	assert_int_equal(
		cvm_accept(&world->acceptor, BASE + 9 * UNIT, BASE + 10 * UNIT, CVM_CAUSE_FAULT),
		0);
	config.guard = true;
	config.claims = NULL;
	world_reset(world, &config);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){ .size = 100,
							     .align = 8,
							     .flags = CVM_EARLY_PREFER_ACCEPTED |
								      CVM_EARLY_TOP_DOWN },
				&gpa),
		0);
	assert_int_equal(gpa, BASE + 10 * UNIT - PAGE - 104);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){ .size = UNIT - 2 * PAGE,
							     .align = 8,
							     .flags = CVM_EARLY_PREFER_ACCEPTED },
				&gpa),
		0);
	assert_int_equal(gpa, BASE + 9 * UNIT);
	assert_int_equal(
		cvm_early_alloc(&early,
				&(struct cvm_early_request){ .size = PAGE,
							     .align = PAGE,
							     .flags = CVM_EARLY_PREFER_ACCEPTED },
				&gpa),
		CVM_EINVAL);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),     cmocka_unit_test(test_limits),
		cmocka_unit_test(test_no_space),      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_give_back),     cmocka_unit_test(test_prefer_accepted),
		cmocka_unit_test(test_before_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
