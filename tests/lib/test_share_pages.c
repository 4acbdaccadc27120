/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/pages.h>

#include "convert.h"

/* Shared memory and the page allocator: a block with a page that is not private is not freed. */

#define BASE  GIB
#define UNIT  (2 * MIB)
#define UNITS 8

static const uint64_t upper_half = 0xf0;

struct setup {
	struct convert *convert;
	struct cvm_pages pages;
	uint64_t index[1];
	void *seed;
};

/* The last unit is left out of the allocator. */
static int begin(void **state)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	struct cvm_pages_config config = { .start = BASE, .end = BASE + UNITS * UNIT };

	if (!setup)
		return -1;
	setup->convert = convert_new(BASE, UNITS, &upper_half, 16);
	setup->seed = aligned_alloc(16, CVM_PAGES_SEED * 2);
	config.acceptor = &setup->convert->world->acceptor;
	config.index = setup->index;
	config.seed = setup->seed;
	config.seed_bytes = CVM_PAGES_SEED * 2;
	if (!setup->seed || cvm_pages_init(&setup->pages, &config) ||
	    cvm_pages_add(&setup->pages, BASE, BASE + (UNITS - 1) * UNIT))
		return -1;
	convert_reset(setup->convert, 16);
	*state = setup;
	return 0;
}

static int end(void **state)
{
	struct setup *setup = *state;

	convert_free(setup->convert);
	free(setup->seed);
	free(setup);
	return 0;
}

static uint64_t block(struct setup *setup, unsigned order)
{
	uint64_t gpa = 0;

	assert_int_equal(cvm_pages_alloc(&setup->pages, order, &gpa), 0);
	return gpa;
}

static void test_free_refused(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t gpa = block(setup, 2);
	struct cvm_pages_stats before, after;

	*cvm_pages_owner(&setup->pages, gpa) = 77;
	assert_int_equal(cvm_set_shared(share, gpa, gpa + 4 * PAGE, NULL), 0);
	cvm_pages_get_stats(&setup->pages, &before);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 2), CVM_EBUSY);
	cvm_pages_get_stats(&setup->pages, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(*cvm_pages_owner(&setup->pages, gpa), 77);
	assert_int_equal(cvm_set_private(share, gpa, gpa + 4 * PAGE, NULL), 0);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 2), 0);
	assert_true(convert_exact(setup->convert));
}

/* A CPU's cache does not take it either, and what it holds is not the caller's. */
static void test_cache(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	struct cvm_cache cache;
	uint64_t gpa;

	cvm_cache_init(&cache, &setup->pages);
	assert_int_equal(cvm_cache_alloc(&cache, 1, &gpa), 0);
	assert_int_equal(cvm_set_shared(share, gpa, gpa + PAGE, NULL), 0);
	assert_int_equal(cvm_cache_free(&cache, gpa, 1), CVM_EBUSY);
	assert_int_equal(cvm_set_private(share, gpa, gpa + PAGE, NULL), 0);
	assert_int_equal(cvm_cache_free(&cache, gpa, 1), 0);
	assert_int_equal(cvm_set_shared(share, gpa, gpa + PAGE, NULL), CVM_EINVAL);
	cvm_cache_drain(&cache);
	assert_true(convert_exact(setup->convert));
}

/* Two parts of one block, taken back one after the other and in pieces. */
static void test_parts(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t gpa = block(setup, 4);

	assert_int_equal(cvm_set_shared(share, gpa + PAGE, gpa + 4 * PAGE, NULL), 0);
	assert_int_equal(cvm_set_shared(share, gpa + 9 * PAGE, gpa + 10 * PAGE, NULL), 0);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 4), CVM_EBUSY);
	assert_int_equal(cvm_set_private(share, gpa + PAGE, gpa + 3 * PAGE, NULL), 0);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 4), CVM_EBUSY);
	assert_int_equal(cvm_set_private(share, gpa + 9 * PAGE, gpa + 10 * PAGE, NULL), 0);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 4), CVM_EBUSY);
	assert_int_equal(cvm_set_private(share, gpa + 3 * PAGE, gpa + 4 * PAGE, NULL), 0);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 4), 0);
}

/* A refused conversion leaves what is private free to go, and only that. */
static void test_refused(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t a = block(setup, 1), b = block(setup, 1);
	uint64_t low = a < b ? a : b;

	assert_int_equal(a ^ b, 2 * PAGE);
	convert_mood(setup->convert, low + 3 * PAGE, CONVERT_REFUSE_SHARE);
	assert_int_equal(cvm_set_shared(share, low, low + 4 * PAGE, NULL), CVM_EIO);
	assert_int_equal(cvm_pages_free(&setup->pages, low, 1), 0);
	low = block(setup, 1);
	convert_mood(setup->convert, low + 2 * PAGE, CONVERT_REFUSE_UNSHARE);
	assert_int_equal(cvm_set_shared(share, low, low + 4 * PAGE, NULL), CVM_EIO);
	assert_int_equal(cvm_pages_free(&setup->pages, low, 1), 0);
	assert_int_equal(cvm_pages_free(&setup->pages, low + 2 * PAGE, 1), CVM_EBUSY);
	assert_true(convert_exact(setup->convert));
}

/* Failed memory is not free memory. */
static void test_lost(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t gpa = block(setup, 0);

	assert_int_equal(cvm_set_shared(share, gpa, gpa + PAGE, NULL), 0);
	fake_mood(setup->convert->world->fake, gpa, FAKE_REFUSE);
	assert_int_equal(cvm_set_private(share, gpa, gpa + PAGE, NULL), CVM_EIO);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 0), CVM_EBUSY);
}

/* Free memory is not the caller's, whether or not it has entered the allocator. */
static void test_not_owned(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t gpa = block(setup, 3), outside = BASE + (UNITS - 1) * UNIT;

	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 3), 0);
	assert_int_equal(cvm_set_shared(share, gpa, gpa + PAGE, NULL), CVM_EINVAL);
	gpa = block(setup, 3);
	/* A block and what is free behind it: the block is as before. */
	assert_int_equal(cvm_set_shared(share, gpa, gpa + 9 * PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_share_register(share, gpa, gpa + 9 * PAGE), CVM_EINVAL);
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 3), 0);
	assert_int_equal(cvm_set_shared(share, outside - UNIT, outside - UNIT + PAGE, NULL),
			 CVM_EINVAL);
	assert_int_equal(setup->convert->shares, 0);
	/* What the allocator never had is the embedder's own. */
	assert_int_equal(cvm_set_shared(share, outside, outside + PAGE, NULL), 0);
	assert_int_equal(cvm_set_private(share, outside, outside + PAGE, NULL), 0);
	assert_true(convert_exact(setup->convert));
}

static void test_many_blocks(void **state)
{
	struct setup *setup = *state;
	struct cvm_share *share = &setup->convert->share;
	uint64_t gpa = block(setup, 9);

	/* 512 pages one by one, so that they are blocks of their own. */
	assert_int_equal(cvm_pages_free(&setup->pages, gpa, 9), 0);
	for (unsigned i = 0; i < 512; i++)
		block(setup, 0);
	assert_int_equal(cvm_set_shared(share, gpa, gpa + UNIT, NULL), 0);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(cvm_pages_free(&setup->pages, gpa + i * PAGE, 0), CVM_EBUSY);
	assert_int_equal(cvm_set_private(share, gpa, gpa + UNIT, NULL), 0);
	for (unsigned i = 0; i < 512; i++)
		assert_int_equal(cvm_pages_free(&setup->pages, gpa + i * PAGE, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_free_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_cache, begin, end),
		cmocka_unit_test_setup_teardown(test_parts, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_lost, begin, end),
		cmocka_unit_test_setup_teardown(test_not_owned, begin, end),
		cmocka_unit_test_setup_teardown(test_many_blocks, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
