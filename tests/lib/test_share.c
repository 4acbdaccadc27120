/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "convert.h"

/* Conversions on one CPU: the record against the host's truth, page by page. */

#define BASE GIB
#define UNIT (2 * MIB)

static const uint64_t none, third = 4;

static void test_there_and_back(void **state)
{
	struct convert *c = convert_new(BASE, 8, &none, 8);
	struct cvm_share_result result;
	struct cvm_accept_stats stats;

	assert_int_equal(cvm_set_shared(&c->share, BASE + PAGE, BASE + 9 * PAGE, &result), 0);
	assert_int_equal(result.left, 0);
	assert_true(convert_exact(c));
	assert_true(cvm_is_shared(&c->share, BASE, BASE + 2 * PAGE));
	assert_false(cvm_is_shared(&c->share, BASE, BASE + PAGE));
	assert_false(cvm_is_shared(&c->share, BASE + 9 * PAGE, BASE + UNIT));
	/* In other pieces than it was shared in. */
	assert_int_equal(cvm_set_private(&c->share, BASE + 3 * PAGE, BASE + 5 * PAGE, &result), 0);
	assert_int_equal(result.left, 0);
	assert_true(convert_exact(c));
	assert_int_equal(c->share.count, 2);
	assert_int_equal(cvm_set_private(&c->share, BASE + PAGE, BASE + 3 * PAGE, NULL), 0);
	assert_int_equal(cvm_set_private(&c->share, BASE + 5 * PAGE, BASE + 9 * PAGE, NULL), 0);
	assert_true(convert_exact(c));
	assert_int_equal(c->share.count, 0);
	cvm_acceptor_get_stats(&c->world->acceptor, &stats);
	assert_int_equal(stats.bytes[CVM_CAUSE_UNSHARE], 8 * PAGE);
	assert_int_equal(stats.accepted[CVM_LEVEL_4K], 8);
	convert_free(c);
}

/* Neighbours are one entry, and come back by one call. */
static void test_neighbours(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 4);

	assert_int_equal(cvm_set_shared(&c->share, BASE, BASE + PAGE, NULL), 0);
	assert_int_equal(cvm_set_shared(&c->share, BASE + 2 * PAGE, BASE + 3 * PAGE, NULL), 0);
	assert_int_equal(cvm_set_shared(&c->share, BASE + PAGE, BASE + 2 * PAGE, NULL), 0);
	assert_int_equal(c->share.count, 1);
	assert_true(convert_exact(c));
	assert_int_equal(cvm_set_private(&c->share, BASE, BASE + 3 * PAGE, NULL), 0);
	assert_int_equal(c->unshares, 1);
	assert_true(convert_exact(c));
	convert_free(c);
}

static void test_arguments(void **state)
{
	struct convert *c = convert_new(BASE, 4, &none, 8);
	struct cvm_share *share = &c->share;

	assert_int_equal(cvm_set_shared(share, BASE, BASE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE + PAGE, BASE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE + 1, BASE + PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE, BASE + PAGE + 8, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE, CVM_PHYS_END + PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_private(share, BASE, BASE + PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE + PAGE, BASE + 3 * PAGE, NULL), 0);
	/* Shared already, in part or wholly. */
	assert_int_equal(cvm_set_shared(share, BASE, BASE + 2 * PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE + 2 * PAGE, BASE + 4 * PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_shared(share, BASE + PAGE, BASE + 3 * PAGE, NULL), CVM_EINVAL);
	/* Not all shared: at the start, at the end, a hole. */
	assert_int_equal(cvm_set_shared(share, BASE + 4 * PAGE, BASE + 5 * PAGE, NULL), 0);
	assert_int_equal(cvm_set_private(share, BASE, BASE + 2 * PAGE, NULL), CVM_EINVAL);
	assert_int_equal(cvm_set_private(share, BASE + 2 * PAGE, BASE + 4 * PAGE, NULL),
			 CVM_EINVAL);
	assert_int_equal(cvm_set_private(share, BASE + PAGE, BASE + 5 * PAGE, NULL), CVM_EINVAL);
	assert_int_equal(c->shares, 2);
	assert_int_equal(c->unshares, 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* What is not accepted yet is accepted first, with its unit. */
static void test_unaccepted(void **state)
{
	struct convert *c = convert_new(BASE, 8, &third, 8);
	uint64_t at = BASE + 2 * UNIT;

	assert_int_equal(cvm_set_shared(&c->share, at - PAGE, at + PAGE, NULL), 0);
	assert_true(convert_exact(c));
	assert_int_equal(c->world->table->bitmap[0], 0);
	assert_int_equal(fake_at(c->world->fake, at + PAGE), FAKE_ACCEPTED);
	convert_free(c);
}

/* A unit that cannot be accepted is not shared either. */
static void test_unaccepted_refused(void **state)
{
	struct convert *c = convert_new(BASE, 8, &third, 8);
	uint64_t at = BASE + 2 * UNIT;

	fake_mood(c->world->fake, at, FAKE_REFUSE);
	assert_int_equal(cvm_set_shared(&c->share, at - PAGE, at + PAGE, NULL), CVM_EIO);
	assert_int_equal(c->shares, 0);
	assert_int_equal(c->share.count, 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

static void test_adopt(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 8);

	fake_set(c->world->fake, BASE, BASE + 2 * PAGE, FAKE_SHARED);
	assert_int_equal(cvm_share_register(&c->share, BASE, BASE + 2 * PAGE), 0);
	assert_true(convert_exact(c));
	assert_int_equal(cvm_share_register(&c->share, BASE + PAGE, BASE + 3 * PAGE), CVM_EINVAL);
	assert_int_equal(cvm_set_private(&c->share, BASE, BASE + 2 * PAGE, NULL), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* In an unaccepted unit the neighbour's acceptance would take the shared page along. */
static void test_adopt_unaccepted(void **state)
{
	struct convert *c = convert_new(BASE, 8, &third, 8);
	uint64_t at = BASE + 2 * UNIT;

	assert_int_equal(cvm_share_register(&c->share, at + PAGE, at + 2 * PAGE), CVM_EINVAL);
	assert_int_equal(cvm_share_register(&c->share, at - PAGE, at + PAGE), CVM_EINVAL);
	assert_int_equal(c->share.count, 0);
	assert_true(convert_exact(c));
	assert_int_equal(cvm_accept(&c->world->acceptor, at, at + PAGE, CVM_CAUSE_RESERVED), 0);
	fake_set(c->world->fake, at + PAGE, at + 2 * PAGE, FAKE_SHARED);
	assert_int_equal(cvm_share_register(&c->share, at + PAGE, at + 2 * PAGE), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* Without room for every outcome nothing is begun. */
static void test_storage(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 1);

	assert_int_equal(cvm_set_shared(&c->share, BASE, BASE + 8 * PAGE, NULL), CVM_ENOSPC);
	assert_int_equal(c->share.needed, 2);
	assert_int_equal(c->shares, 0);
	convert_reset(c, 2);
	assert_int_equal(cvm_set_shared(&c->share, BASE, BASE + 8 * PAGE, NULL), 0);
	assert_int_equal(cvm_set_private(&c->share, BASE + PAGE, BASE + 2 * PAGE, NULL),
			 CVM_ENOSPC);
	assert_int_equal(c->share.needed, 4);
	assert_int_equal(c->unshares, 0);
	assert_true(convert_exact(c));
	/* The whole of it is always possible. */
	assert_int_equal(cvm_set_private(&c->share, BASE, BASE + 8 * PAGE, NULL), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* Random conversions with random refusals; the storage is small as well. */
static void test_random(void **state)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		uint64_t s = seed, bits = rng(&s);
		struct convert *c = convert_new(BASE, 4, &bits, 3 + below(&s, 12));
		struct fake *fake = c->world->fake;

		for (int step = 0; step < 60; step++) {
			uint64_t start = BASE + below(&s, 128) * 16 * PAGE;
			uint64_t end = start + (1 + below(&s, 40)) * PAGE;
			uint64_t at = start + below(&s, 40) * PAGE;
			unsigned mood = (unsigned)below(&s, 4);
			struct cvm_share_result result;
			bool share = below(&s, 2);
			int error;

			end = end < fake->end ? end : fake->end;
			at = at < fake->end ? at : fake->end - PAGE;
			if (!share &&
			    cvm_share_next(&c->share, &start, &end, &(enum cvm_share_state){ 0 }))
				end = below(&s, 2) ? end : start + PAGE;
			convert_mood(c, at, mood);
			/* Only for memory that is private again: failed units have another test. */
			if (!cvm_is_unaccepted(&c->world->acceptor, at, at + PAGE) &&
			    !cvm_is_unaccepted(&c->world->acceptor, start, end))
				fake_mood(fake, at, below(&s, 2) ? FAKE_REFUSE : 0);
			error = (share ? cvm_set_shared : cvm_set_private)(&c->share, start, end,
									   &result);
			if (!error)
				assert_int_equal(result.left, 0);
			convert_mood(c, at, 0);
			fake_mood(fake, at, 0);
			assert_true(convert_exact(c));
		}
		convert_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_unaccepted),
		cmocka_unit_test(test_unaccepted_refused),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_adopt_unaccepted),
		cmocka_unit_test(test_storage),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
