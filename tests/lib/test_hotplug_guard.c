/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/hotplug.h>

#include "hotplug_units.h"

/* Memory that is added with the guard, or more than once; and the hooks around what is claimed. */

/* While the host makes memory private, another CPU accepts what lies before it. */
static struct {
	int (*set_private)(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   uint64_t *done);
	unsigned calls;
} before;

static int accept_before(struct cvm_platform *platform, uint64_t start, uint64_t end,
			 uint64_t *done)
{
	struct convert *c = (struct convert *)platform;

	before.calls++;
	assert_int_equal(accept(c, start - UNIT, start), 0);
	return before.set_private(platform, start, end, done);
}

static void test_guard_of_neighbour(void **state)
{
	struct convert *c = begin(8, 0x10, true);

	before.set_private = c->platform.set_private;
	before.calls = 0;
	assert_int_equal(release(c, AT(5), AT(8)), 0);
	c->platform.set_private = accept_before;
	assert_true(is_unaccepted(c, 4));
	assert_int_equal(add(c, AT(5), AT(8)), 0);
	assert_true(before.calls > 0);
	assert_false(is_unaccepted(c, 4));
	/* Unit 4 is in use by now. */
	assert_false(is_unaccepted(c, 5));
	assert_true(is_unaccepted(c, 6));
	assert_true(convert_exact(c));
	convert_free(c);
}

/* The first unit is accepted at once, and a second time it is known, whatever it was before. */
static void test_twice(void **state)
{
	struct convert *c = begin(16, 0x3000, true);
	const unsigned at[] = { 2, 6, 12 };

	/* This guest never had them; units 6 and 7 were accepted before it began. */
	fake_set(c->world->fake, AT(2), AT(4), FAKE_UNACCEPTED);
	assert_int_equal(release(c, AT(6), AT(8)), 0);
	assert_int_equal(release(c, AT(12), AT(14)), 0);
	assert_int_equal(state_of(c, 12), CVM_WITHDRAWN);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(add(c, AT(at[i]), AT(at[i] + 2)), 0);
		assert_false(is_unaccepted(c, at[i]));
		assert_true(is_unaccepted(c, at[i] + 1));
		assert_int_equal(add(c, AT(at[i]), AT(at[i] + 1)), CVM_EINVAL);
		assert_int_equal(add(c, AT(at[i]), AT(at[i] + 2)), CVM_EINVAL);
		assert_int_equal(c->world->fake->stops, 0);
		assert_true(convert_exact(c));
	}
	assert_int_equal(units_accepted(c), 0);
	/* And again as ever. */
	assert_int_equal(release(c, AT(2), AT(4)), 0);
	assert_int_equal(add(c, AT(2), AT(4)), 0);
	assert_int_equal(accept(c, AT(2), AT(4)), 0);
	assert_int_equal(units_accepted(c), 1);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* A call that failed can be repeated. */
static void test_twice_after_error(void **state)
{
	struct convert *c = begin(8, 0, true);

	fake_set(c->world->fake, AT(2), AT(4), FAKE_UNACCEPTED);
	convert_reset(c, 1);
	assert_int_equal(add(c, AT(2), AT(4)), CVM_ENOSPC);
	convert_reset(c, 16);
	fake_mood(c->world->fake, AT(2) + PAGE, FAKE_REFUSE);
	assert_int_equal(add(c, AT(2), AT(4)), CVM_EIO);
	assert_int_equal(state_of(c, 2), CVM_PRIVATE);
	assert_int_equal(cvm_share_state_at(&c->share, AT(2) + PAGE), CVM_SHARE_FAILED);
	fake_mood(c->world->fake, AT(2) + PAGE, 0);
	assert_int_equal(add(c, AT(2), AT(4)), 0);
	assert_true(convert_exact(c));
	assert_int_equal(add(c, AT(2), AT(4)), CVM_EINVAL);
	/* The host does not give it back at once, and then it is in the middle of a range. */
	assert_int_equal(release(c, AT(5), AT(7)), 0);
	convert_mood(c, AT(6), CONVERT_REFUSE_UNSHARE);
	assert_int_equal(add(c, AT(6), AT(7)), CVM_EIO);
	convert_mood(c, AT(6), 0);
	assert_int_equal(add(c, AT(5), AT(7)), 0);
	assert_true(is_unaccepted(c, 6));
	assert_int_equal(accept(c, AT(6), AT(7)), 0);
	assert_int_equal(units_accepted(c), 1);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* The hooks against preemption: where units are claimed, and not while the host converts. */
static unsigned long masked, pairs;

static unsigned long preempt_save(void *ctx)
{
	assert_false(masked);
	masked = 1;
	return 0x55;
}

static void preempt_restore(void *ctx, unsigned long was)
{
	assert_int_equal(was, 0x55);
	assert_true(masked);
	masked = 0;
	pairs++;
}

static int set_private_unmasked(struct cvm_platform *platform, uint64_t start, uint64_t end,
				uint64_t *done)
{
	assert_false(masked);
	return before.set_private(platform, start, end, done);
}

static void expect_pairs(unsigned long n)
{
	assert_false(masked);
	assert_int_equal(pairs, n);
	pairs = 0;
}

static void test_hooks(void **state)
{
	struct convert *c = begin(8, 0xf0, false);
	struct cvm_acceptor_config config = c->world->acceptor.config;
	const struct cvm_host host = { .preempt_save = preempt_save,
				       .preempt_restore = preempt_restore };

	before.set_private = c->platform.set_private;
	c->platform.set_private = set_private_unmasked;
	config.host = &host;
	world_reset(c->world, &config);
	masked = pairs = 0;
	/* Withdrawn, and given to the host. */
	assert_int_equal(release(c, AT(4), AT(8)), 0);
	expect_pairs(1);
	assert_int_equal(release(c, AT(2), AT(4)), 0);
	expect_pairs(0);
	assert_int_equal(add(c, AT(2), AT(8)), 0);
	expect_pairs(2);
	/* What this guest never had. */
	fake_set(c->world->fake, AT(0), AT(1), FAKE_UNACCEPTED);
	assert_int_equal(add(c, AT(0), AT(1)), 0);
	expect_pairs(1);
	assert_int_equal(release(c, AT(5), AT(7)), 0);
	expect_pairs(1);
	/* A claim that is lost. */
	assert_int_equal(cvm_claim_units(&c->world->acceptor, 0, 4), 4);
	assert_int_equal(release(c, AT(2), AT(4)), CVM_EBUSY);
	expect_pairs(1);
	cvm_unclaim_units(&c->world->acceptor, 0, 4);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* They are not held in proportion to the range. */
static void test_steps(void **state)
{
	const uint64_t units = 2 * 2048 + 64;
	uint64_t bits[2 * 32 + 1];
	struct convert *c;
	struct cvm_acceptor_config config;
	const struct cvm_host host = { .preempt_save = preempt_save,
				       .preempt_restore = preempt_restore };

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		bits[i] = ~UINT64_C(0);
	c = convert_new(BASE, units, bits, 4);
	config = c->world->acceptor.config;
	config.host = &host;
	world_reset(c->world, &config);
	masked = pairs = 0;
	assert_int_equal(release(c, AT(1), AT(units - 1)), 0);
	expect_pairs(3);
	assert_int_equal(c->share.count, 1);
	assert_int_equal(add(c, AT(1), AT(units - 1)), 0);
	expect_pairs(3);
	assert_true(convert_exact(c));
	assert_int_equal(cvm_unaccepted_bytes(&c->world->acceptor), units * UNIT);
	for (uint64_t word = 0; word < units / 64; word++)
		assert_int_equal(cvm_claimed(&c->world->acceptor, word), 0);
	convert_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard_of_neighbour),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_twice_after_error),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
