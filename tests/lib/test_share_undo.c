/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "convert.h"

/* What is left of a conversion that the host refuses half way. */

#define BASE  GIB
#define AT(n) (BASE + (uint64_t)(n)*PAGE)

static const uint64_t none;

static struct convert *begin(void)
{
	return convert_new(BASE, 2, &none, 8);
}

static enum cvm_share_state state_at(struct convert *c, unsigned n)
{
	return cvm_share_state_at(&c->share, AT(n));
}

static void test_share_undone(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	convert_mood(c, AT(6), CONVERT_REFUSE_SHARE);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), &result), CVM_EIO);
	assert_int_equal(result.where, AT(6));
	assert_int_equal(result.left, 0);
	assert_false(cvm_is_shared(&c->share, BASE, AT(512)));
	assert_int_equal(fake_count(c->world->fake, BASE, AT(512), FAKE_ACCEPTED), 512);
	assert_true(convert_exact(c));
	/* Another try is possible. */
	convert_mood(c, AT(6), 0);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), &result), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

static void test_share_refused_at_once(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	convert_mood(c, AT(1), CONVERT_REFUSE_SHARE);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), &result), CVM_EIO);
	assert_int_equal(result.where, AT(1));
	assert_int_equal(c->unshares, 0);
	assert_int_equal(c->world->fake->calls, 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* The undoing is refused: what the host keeps stays shared in the list. */
static void test_undo_refused(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	convert_mood(c, AT(6), CONVERT_REFUSE_SHARE);
	convert_mood(c, AT(4), CONVERT_REFUSE_UNSHARE);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), &result), CVM_EIO);
	assert_int_equal(result.where, AT(6));
	assert_int_equal(result.left, 2 * PAGE);
	for (unsigned n = 0; n < 10; n++)
		assert_int_equal(state_at(c, n), n == 4 || n == 5 ? CVM_SHARED : CVM_PRIVATE);
	assert_true(convert_exact(c));
	/* The host comes round. */
	convert_mood(c, AT(4), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(4), AT(6), &result), 0);
	assert_true(convert_exact(c));
	assert_int_equal(c->share.count, 0);
	convert_free(c);
}

/* It can be taken back but not accepted: neither shared nor private. */
static void test_undo_accept_refused(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	convert_mood(c, AT(7), CONVERT_REFUSE_SHARE);
	convert_mood(c, AT(5), CONVERT_REFUSE_UNSHARE);
	fake_mood(c->world->fake, AT(3), FAKE_REFUSE);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), &result), CVM_EIO);
	assert_int_equal(result.where, AT(7));
	assert_int_equal(result.status, 0xdead0000u - (unsigned)CVM_EIO);
	assert_int_equal(result.left, 4 * PAGE);
	for (unsigned n = 0; n < 10; n++)
		assert_int_equal(state_at(c, n), n < 3 || n > 6 ? CVM_PRIVATE
						 : n < 5	? CVM_SHARE_FAILED
								: CVM_SHARED);
	assert_true(convert_exact(c));
	/* Only the acceptance of the failed part is tried again; then the rest is made private. */
	convert_mood(c, AT(5), 0);
	fake_mood(c->world->fake, AT(3), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(3), AT(7), &result), 0);
	assert_int_equal(c->unshares, 2);
	assert_true(convert_exact(c));
	assert_int_equal(c->share.count, 0);
	convert_free(c);
}

static void test_unshare_refused(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), NULL), 0);
	convert_mood(c, AT(4), CONVERT_REFUSE_UNSHARE);
	assert_int_equal(cvm_set_private(&c->share, AT(1), AT(9), &result), CVM_EIO);
	assert_int_equal(result.where, AT(4));
	assert_int_equal(result.left, 5 * PAGE);
	assert_int_equal(state_at(c, 3), CVM_PRIVATE);
	assert_int_equal(state_at(c, 4), CVM_SHARED);
	assert_true(convert_exact(c));
	convert_mood(c, AT(4), 0);
	assert_int_equal(cvm_set_private(&c->share, result.where, AT(9), &result), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

static void test_unshare_accept_refused(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), NULL), 0);
	fake_mood(c->world->fake, AT(4), FAKE_REFUSE);
	assert_int_equal(cvm_set_private(&c->share, AT(1), AT(7), &result), CVM_EIO);
	assert_int_equal(result.where, AT(4));
	assert_int_equal(result.left, 3 * PAGE);
	assert_int_equal(state_at(c, 3), CVM_PRIVATE);
	assert_int_equal(state_at(c, 4), CVM_SHARE_FAILED);
	assert_int_equal(state_at(c, 6), CVM_SHARE_FAILED);
	assert_int_equal(state_at(c, 7), CVM_SHARED);
	assert_true(convert_exact(c));
	/* Failed memory cannot be shared. */
	assert_int_equal(cvm_set_shared(&c->share, AT(4), AT(5), NULL), CVM_EINVAL);
	/* Rejected once more, then accepted: failed and shared parts by one call. */
	assert_int_equal(cvm_set_private(&c->share, AT(4), AT(9), &result), CVM_EIO);
	assert_int_equal(result.where, AT(4));
	assert_true(convert_exact(c));
	fake_mood(c->world->fake, AT(4), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(4), AT(9), &result), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

static enum cvm_verdict go_on(void *ctx, enum cvm_attack what, uint64_t gpa, uint64_t status)
{
	*(uint64_t *)ctx = gpa;
	return CVM_VERDICT_CONTINUE;
}

/* "Accepted already", of memory that was shared until now: the guest stops. */
static void test_double_stops(void **state)
{
	struct convert *c = begin();
	struct fake *fake = c->world->fake;
	struct cvm_share_result result;
	jmp_buf stopped;

	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), NULL), 0);
	fake_mood(fake, AT(4), FAKE_CLAIM);
	fake->stop_to = &stopped;
	if (!setjmp(stopped)) {
		cvm_set_private(&c->share, AT(1), AT(9), &result);
		fail_msg("it went on");
	}
	assert_int_equal(fake->stop_reason, CVM_TERMINATE_ALREADY_ACCEPTED);
	assert_int_equal(fake->stop_gpa, AT(4));
	convert_free(c);
}

/* A terminate() that returns: the page has failed, and the code tells why. */
static void test_double_stop_returns(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), NULL), 0);
	fake_mood(c->world->fake, AT(4), FAKE_CLAIM);
	assert_int_equal(cvm_set_private(&c->share, AT(1), AT(9), &result), CVM_EALREADY);
	assert_int_equal(c->world->fake->stops, 1);
	assert_int_equal(result.where, AT(4));
	assert_int_equal(state_at(c, 3), CVM_PRIVATE);
	assert_int_equal(state_at(c, 4), CVM_SHARE_FAILED);
	assert_int_equal(state_at(c, 8), CVM_SHARE_FAILED);
	convert_free(c);
}

static void test_double_in_undo(void **state)
{
	struct convert *c = begin();
	struct cvm_share_result result;

	convert_mood(c, AT(6), CONVERT_REFUSE_SHARE);
	fake_mood(c->world->fake, AT(4), FAKE_CLAIM);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), &result), CVM_EALREADY);
	assert_int_equal(c->world->fake->stops, 1);
	assert_int_equal(result.where, AT(6));
	assert_int_equal(result.left, 2 * PAGE);
	convert_free(c);
}

static void test_double_continue(void **state)
{
	struct convert *c = begin();
	struct cvm_acceptor_config config = c->world->acceptor.config;
	uint64_t gpa = 0;
	const struct cvm_host host = { .on_attack = go_on, .ctx = &gpa };

	config.host = &host;
	world_reset(c->world, &config);
	assert_int_equal(cvm_set_shared(&c->share, AT(1), AT(9), NULL), 0);
	fake_mood(c->world->fake, AT(4), FAKE_CLAIM);
	assert_int_equal(cvm_set_private(&c->share, AT(1), AT(9), NULL), 0);
	assert_int_equal(gpa, AT(4));
	assert_true(convert_exact(c));
	convert_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_undone),
		cmocka_unit_test(test_share_refused_at_once),
		cmocka_unit_test(test_undo_refused),
		cmocka_unit_test(test_undo_accept_refused),
		cmocka_unit_test(test_unshare_refused),
		cmocka_unit_test(test_unshare_accept_refused),
		cmocka_unit_test(test_double_stops),
		cmocka_unit_test(test_double_stop_returns),
		cmocka_unit_test(test_double_in_undo),
		cmocka_unit_test(test_double_continue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
