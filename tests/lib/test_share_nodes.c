/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/pages.h>

#include "convert.h"

/* Several page allocators of one acceptor, as a kernel has for NUMA nodes, and one list of what is
 * shared: whichever allocator a block belongs to, it is not freed while a page of it is shared. */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define UNITS 8
#define NODES 3

struct setup {
	struct convert *convert;
	struct cvm_pages node[NODES];
	uint64_t index[NODES];
	void *seed[NODES];
};

/* Units 0, 3, 6 are node 0's, units 1, 4 node 1's, units 2, 5 node 2's: the spans overlap. The last
 * unit is no allocator's. */
static int begin(void **state)
{
	struct setup *setup = calloc(1, sizeof(*setup));

	if (!setup)
		return -1;
	setup->convert = convert_new(BASE, UNITS, NULL, 16);
	for (unsigned node = 0; node < NODES; node++) {
		struct cvm_pages_config config = { .start = BASE, .end = BASE + UNITS * UNIT };

		setup->seed[node] = aligned_alloc(16, CVM_PAGES_SEED);
		config.acceptor = &setup->convert->world->acceptor;
		config.index = &setup->index[node];
		config.seed = setup->seed[node];
		config.seed_bytes = CVM_PAGES_SEED;
		if (!config.seed || cvm_pages_init(&setup->node[node], &config))
			return -1;
		for (uint64_t i = node; i < UNITS - 1; i += NODES)
			if (cvm_pages_add(&setup->node[node], BASE + i * UNIT,
					  BASE + (i + 1) * UNIT))
				return -1;
	}
	*state = setup;
	return 0;
}

static int end(void **state)
{
	struct setup *setup = *state;

	convert_free(setup->convert);
	for (unsigned node = 0; node < NODES; node++)
		free(setup->seed[node]);
	free(setup);
	return 0;
}

static uint64_t block(struct setup *setup, unsigned node, unsigned order)
{
	uint64_t gpa = 0;

	assert_int_equal(cvm_pages_alloc(&setup->node[node], order, &gpa), 0);
	assert_int_equal((gpa - BASE) / UNIT % NODES, node);
	return gpa;
}

static void test_each_node(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;

	for (unsigned node = 0; node < NODES; node++) {
		uint64_t gpa = block(setup, node, 3), again;

		assert_int_equal(cvm_set_shared(share, gpa + PAGE, gpa + 2 * PAGE, NULL), 0);
		for (unsigned other = 0; other < NODES; other++)
			assert_int_equal(cvm_pages_free(&setup->node[other], gpa, 3),
					 other == node ? CVM_EBUSY : CVM_EINVAL);
		again = block(setup, node, 3);
		assert_int_not_equal(again, gpa);
		assert_int_equal(cvm_set_private(share, gpa + PAGE, gpa + 2 * PAGE, NULL), 0);
		assert_int_equal(cvm_pages_free(&setup->node[node], gpa, 3), 0);
		assert_int_equal(cvm_pages_free(&setup->node[node], again, 3), 0);
	}
	assert_true(convert_exact(setup->convert));
}

static void test_cache(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;

	for (unsigned node = 0; node < NODES; node++) {
		struct cvm_cache cache;
		uint64_t gpa = 0;

		cvm_cache_init(&cache, &setup->node[node]);
		assert_int_equal(cvm_cache_alloc(&cache, 0, &gpa), 0);
		assert_int_equal(cvm_share_register(share, gpa, gpa + PAGE), 0);
		assert_int_equal(cvm_cache_free(&cache, gpa, 0), CVM_EBUSY);
	}
}

/* Free memory of any node is not the caller's, populated or not, and nothing stays marked. */
static void test_not_owned(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t a = block(setup, 0, 9), b = block(setup, 1, 9), c = block(setup, 2, 9);
	uint64_t pending = BASE + 4 * UNIT, outside = BASE + (UNITS - 1) * UNIT;

	assert_int_equal(b, a + UNIT);
	assert_int_equal(c, b + UNIT);
	assert_int_equal(cvm_set_shared(share, pending, pending + PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_pages_free(&setup->node[1], b, 9), 0);
	assert_int_equal(cvm_set_shared(share, a, c + UNIT, NULL), CVM_EINVAL);
	assert_int_equal(cvm_pages_free(&setup->node[0], a, 9), 0);
	assert_int_equal(cvm_pages_free(&setup->node[2], c, 9), 0);
	assert_int_equal(setup->convert->shares, 0);
	assert_int_equal(cvm_set_shared(share, outside, outside + PAGE, NULL), 0);
	assert_int_equal(cvm_set_private(share, outside, outside + PAGE, NULL), 0);
	assert_true(convert_exact(setup->convert));
}

/* One conversion over blocks of all nodes. */
static void test_across_nodes(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t gpa[NODES];

	for (unsigned node = 0; node < NODES; node++)
		gpa[node] = block(setup, node, 9);
	assert_int_equal(cvm_set_shared(share, gpa[0], gpa[2] + UNIT, NULL), 0);
	assert_int_equal(cvm_set_private(share, gpa[1], gpa[1] + UNIT, NULL), 0);
	for (unsigned node = 0; node < NODES; node++)
		assert_int_equal(cvm_pages_free(&setup->node[node], gpa[node], 9),
				 node == 1 ? 0 : CVM_EBUSY);
	assert_true(convert_exact(setup->convert));
}

/* An allocator that is initialised again is empty; the others are known as before. */
static void test_init_again(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;

	for (unsigned node = 0; node < NODES; node++) {
		const struct cvm_pages_config config = setup->node[node].config;

		assert_int_equal(cvm_pages_init(&setup->node[node], &config), 0);
		assert_int_equal(cvm_pages_add(&setup->node[node], BASE + node * UNIT,
					       BASE + (node + 1) * UNIT),
				 0);
	}
	for (unsigned node = 0; node < NODES; node++) {
		uint64_t gpa = block(setup, node, 0);

		assert_int_equal(cvm_set_shared(share, gpa, gpa + PAGE, NULL), 0);
		assert_int_equal(cvm_pages_free(&setup->node[node], gpa, 0), CVM_EBUSY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_node, begin, end),
		cmocka_unit_test_setup_teardown(test_cache, begin, end),
		cmocka_unit_test_setup_teardown(test_not_owned, begin, end),
		cmocka_unit_test_setup_teardown(test_across_nodes, begin, end),
		cmocka_unit_test_setup_teardown(test_init_again, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
