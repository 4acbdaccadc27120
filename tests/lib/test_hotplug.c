/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <cvmem/handover.h>
#include <cvmem/hotplug.h>

#include "hotplug_units.h"

/* Memory that is released and added, alone and while other CPUs accept. */

static void test_arguments(void **state)
{
	struct convert *c = begin(8, 0, false);
	struct cvm_acceptor_config config = c->world->acceptor.config;
	int (*call[])(struct convert * c, uint64_t start, uint64_t end) = { release, add };

	for (int i = 0; i < 2; i++) {
		assert_int_equal(call[i](c, AT(1), AT(1)), CVM_EINVAL);
		assert_int_equal(call[i](c, AT(2), AT(1)), CVM_EINVAL);
		assert_int_equal(call[i](c, AT(1) + PAGE, AT(2)), CVM_EINVAL);
		assert_int_equal(call[i](c, AT(1), AT(2) - PAGE), CVM_EINVAL);
		assert_int_equal(call[i](c, AT(7), AT(9)), CVM_ERANGE);
		assert_int_equal(call[i](c, AT(0) - UNIT, AT(1)), CVM_ERANGE);
		c->platform.gpa_end = AT(6);
		assert_int_equal(call[i](c, AT(5), AT(7)), CVM_ERANGE);
		c->platform.gpa_end = 0;
		c->world->acceptor.config.claims = NULL;
		assert_int_equal(call[i](c, AT(1), AT(2)), CVM_EINVAL);
		c->world->acceptor.config.claims = config.claims;
	}
	assert_true(convert_exact(c));
	convert_free(c);
}

/* Again and again: each time the host has it, then it is unaccepted, and accepted once. */
static void test_round(void **state)
{
	struct convert *c = begin(8, 0xf0, false);

	assert_int_equal(accept(c, AT(4), AT(6)), 0);
	for (unsigned i = 1; i < 4; i++) {
		/* Accepted before, by this acceptor, and the last time not at all. */
		assert_int_equal(release(c, AT(1), AT(7)), 0);
		assert_true(convert_exact(c));
		assert_int_equal(state_of(c, 1), CVM_RELEASED);
		assert_int_equal(state_of(c, 6), CVM_WITHDRAWN);
		assert_int_equal(release(c, AT(3), AT(4)), CVM_EINVAL);
		assert_int_equal(cvm_set_shared(&c->share, AT(3), AT(3) + PAGE, NULL), CVM_EINVAL);
		assert_int_equal(cvm_set_private(&c->share, AT(3), AT(4), NULL), CVM_EINVAL);
		assert_int_equal(c->unshares, i - 1);
		assert_int_equal(add(c, AT(1), AT(7)), 0);
		assert_int_equal(c->unshares, i);
		assert_true(convert_exact(c));
		assert_int_equal(c->share.count, 0);
		for (unsigned unit = 1; unit < 7; unit++)
			assert_true(is_unaccepted(c, unit));
		assert_int_equal(add(c, AT(1), AT(2)), CVM_EINVAL);
		assert_int_equal(units_accepted(c), 2 + 5 * (i - 1));
		assert_int_equal(accept(c, AT(1), AT(6)), 0);
		assert_int_equal(units_accepted(c), 2 + 5 * i);
		assert_true(convert_exact(c));
		assert_int_equal(add(c, AT(1), AT(2)), CVM_EINVAL);
	}
	convert_free(c);
}

/* Words that were claimed as a whole. */
static void test_words(void **state)
{
	struct convert *c = begin(192, ~UINT64_C(0), false);

	c->world->table->bitmap[1] = c->world->table->bitmap[2] = ~UINT64_C(0);
	fake_set(c->world->fake, AT(64), AT(192), FAKE_UNACCEPTED);
	assert_int_equal(accept(c, AT(0), AT(192)), 0);
	assert_true(c->world->fake->calls < 10);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(release(c, AT(5), AT(100)), 0);
		assert_int_equal(add(c, AT(5), AT(100)), 0);
		assert_int_equal(accept(c, AT(7), AT(9)), 0);
		assert_int_equal(accept(c, AT(0), AT(192)), 0);
	}
	assert_int_equal(units_accepted(c), 192 + 2 * 95);
	assert_true(convert_exact(c));
	convert_free(c);
}

static void test_rejected(void **state)
{
	struct convert *c = begin(8, 0, false);
	struct cvm_share_result result;
	uint64_t where;

	/* The host does not take it: it is as before. */
	convert_mood(c, AT(3) + 7 * PAGE, CONVERT_REFUSE_SHARE);
	assert_int_equal(cvm_memory_release(&c->share, AT(2), AT(5), &result), CVM_EIO);
	assert_int_equal(result.where, AT(2));
	assert_int_equal(result.left, 0);
	assert_int_equal(c->share.count, 0);
	assert_true(convert_exact(c));
	convert_mood(c, AT(3) + 7 * PAGE, 0);
	assert_int_equal(release(c, AT(2), AT(5)), 0);
	/* The host does not give it back: what it has given is added. */
	convert_mood(c, AT(3) + 7 * PAGE, CONVERT_REFUSE_UNSHARE);
	assert_int_equal(cvm_memory_add(&c->share, AT(2), AT(5), &where), CVM_EIO);
	assert_int_equal(where, AT(3));
	assert_true(is_unaccepted(c, 2));
	assert_int_equal(state_of(c, 2), CVM_PRIVATE);
	assert_int_equal(state_of(c, 3), CVM_RELEASED);
	assert_int_equal(state_of(c, 4), CVM_RELEASED);
	convert_free(c);
}

/* A failed unit may have pages in both states. */
static void test_failed(void **state)
{
	struct convert *c = begin(8, 0xff, false);
	struct cvm_share_result result;

	fake_mood(c->world->fake, AT(3) + PAGE, FAKE_REFUSE);
	assert_int_equal(accept(c, AT(3), AT(4)), CVM_EIO);
	assert_int_equal(cvm_memory_release(&c->share, AT(2), AT(5), &result), CVM_EIO);
	assert_int_equal(c->share.count, 0);
	assert_int_equal(accept(c, AT(2), AT(3)), 0);
	assert_int_equal(cvm_memory_release(&c->share, AT(2), AT(5), &result), CVM_EIO);
	assert_int_equal(result.where, AT(3));
	assert_int_equal(state_of(c, 2), CVM_RELEASED);
	assert_int_equal(add(c, AT(2), AT(4)), CVM_EINVAL);
	convert_free(c);
}

static int accept_job(struct job *job)
{
	struct convert *c = job->ctx;

	return cvm_accept(&c->world->acceptor, job->start, job->end, CVM_CAUSE_RESERVED);
}

static int release_job(struct job *job)
{
	return release(job->ctx, job->start, job->end);
}

/* Of a range over two words that cannot be withdrawn, no claim stays behind. */
static void test_busy_word(void **state)
{
	struct convert *c = begin(128, ~UINT64_C(0), false);

	c->world->table->bitmap[1] = ~UINT64_C(0);
	fake_set(c->world->fake, AT(64), AT(128), FAKE_UNACCEPTED);
	assert_int_equal(cvm_claim_units(&c->world->acceptor, 1, 4), 4);
	assert_int_equal(release(c, AT(60), AT(70)), CVM_EBUSY);
	assert_int_equal(cvm_claimed(&c->world->acceptor, 0), 0);
	assert_int_equal(cvm_claimed(&c->world->acceptor, 1), 4);
	cvm_unclaim_units(&c->world->acceptor, 1, 4);
	assert_int_equal(release(c, AT(60), AT(70)), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

static void test_busy(void **state)
{
	struct convert *c = begin(8, 0xff, false);
	struct job job = { .run = accept_job, .ctx = c, .start = AT(3), .end = AT(4) };

	fake_mood(c->world->fake, AT(3), FAKE_GATE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	assert_int_equal(release(c, AT(2), AT(5)), CVM_EBUSY);
	assert_int_equal(c->share.count, 0);
	fake_open(c->world->fake, AT(3));
	assert_int_equal(job_join(&job), 0);
	assert_int_equal(release(c, AT(2), AT(5)), 0);
	assert_true(convert_exact(c));
	assert_int_equal(add(c, AT(2), AT(5)), 0);
	assert_int_equal(accept(c, AT(2), AT(5)), 0);

	job = (struct job){ .run = release_job, .ctx = c, .start = AT(3), .end = AT(4) };
	convert_mood(c, AT(3), CONVERT_GATE_SHARE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	assert_int_equal(release(c, AT(2), AT(5)), CVM_EBUSY);
	assert_int_equal(add(c, AT(3), AT(4)), CVM_EBUSY);
	convert_open(c, AT(3));
	assert_int_equal(job_join(&job), 0);
	convert_free(c);
}

/* A CPU that waits for a unit accepts it itself if no other CPU does any more. */
static void test_waiter(void **state)
{
	struct convert *c = begin(8, 0xff, false);
	struct job job = { .run = accept_job, .ctx = c, .start = AT(2), .end = AT(5) };
	struct cvm_acceptor_config config = c->world->acceptor.config;
	const struct cvm_host host = { .relax = job_relax };

	config.host = &host;
	world_reset(c->world, &config);
	assert_int_equal(cvm_claim_units(&c->world->acceptor, 0, 8), 8);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_WAITING);
	cvm_unclaim_units(&c->world->acceptor, 0, 8);
	assert_int_equal(job_join(&job), 0);
	assert_int_equal(fake_count(c->world->fake, AT(2), AT(5), FAKE_ACCEPTED), 3 * UNIT / PAGE);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* What ends at the range may be in use: its guard is accepted at once. */
static void test_guard(void **state)
{
	struct convert *c = begin(8, 0, true);

	assert_int_equal(release(c, AT(2), AT(7)), 0);
	assert_int_equal(add(c, AT(5), AT(7)), 0);
	assert_false(is_unaccepted(c, 5));
	assert_true(is_unaccepted(c, 6));
	assert_int_equal(add(c, AT(2), AT(5)), 0);
	assert_false(is_unaccepted(c, 2));
	assert_true(is_unaccepted(c, 3));
	assert_int_equal(release(c, AT(3), AT(4)), 0);
	assert_int_equal(accept(c, AT(2), AT(3)), 0);
	assert_int_equal(add(c, AT(3), AT(4)), 0);
	assert_false(is_unaccepted(c, 3));
	assert_true(convert_exact(c));
	convert_free(c);
}

/* The next kernel must not touch it; and when there is none, it is as before. */
static void test_handover(void **state)
{
	struct convert *c = begin(8, 0xf0, false);
	struct cvm_range ranges[1] = { { AT(0), AT(8), 0, CVM_MEM_RAM } }, out_ranges[16];
	struct cvm_map map = { .range = ranges, .count = 1, .capacity = 1 }, out;
	struct cvm_handover handover = { .acceptor = &c->world->acceptor,
					 .share = &c->share,
					 .map = &map };

	assert_int_equal(release(c, AT(2), AT(6)), 0);
	assert_int_equal(cvm_handover_freeze(&handover), 0);
	cvm_map_init(&out, out_ranges, 16);
	assert_int_equal(cvm_handover_map(&handover, &out), 0);
	assert_int_equal(out.count, 3);
	assert_int_equal(out.range[0].type, CVM_MEM_RAM);
	assert_int_equal(out.range[1].type, CVM_MEM_RESERVED);
	assert_int_equal(out.range[1].start, AT(2));
	assert_int_equal(out.range[1].end, AT(6));
	assert_int_equal(out.range[2].type, CVM_MEM_UNACCEPTED);
	assert_int_equal(cvm_table_check(c->world->table, CVM_TABLE_HEADER + 8, &out), 0);
	assert_true(cvm_frame_shared(c->storage, 16, AT(5)));
	cvm_handover_cancel(&handover);
	assert_int_equal(add(c, AT(2), AT(6)), 0);
	assert_int_equal(accept(c, AT(0), AT(8)), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* Memory beyond the table, which takes over what the old one says. */
static void test_grow(void **state)
{
	struct convert *c = begin(100, 0xf0, false);
	struct cvm_acceptor *acceptor = &c->world->acceptor;
	struct cvm_table_plan plan, bad;
	uint64_t storage[8], claims[400];
	struct cvm_table *table = (struct cvm_table *)storage;

	c->world->table->size = 3; /* 24 units, of a word with more bits */
	world_reset(c->world, &(struct cvm_acceptor_config){ .table = c->world->table,
							     .claims = c->world->claims,
							     .platform = &c->platform });
	assert_int_equal(accept(c, AT(4), AT(6)), 0);
	fake_mood(c->world->fake, AT(7), FAKE_REFUSE);
	assert_int_equal(accept(c, AT(7), AT(8)), CVM_EIO);
	assert_int_equal(release(c, AT(8), AT(9)), 0);
	fake_set(c->world->fake, AT(24), AT(96), FAKE_UNACCEPTED);
	assert_int_equal(add(c, AT(24), AT(96)), CVM_ERANGE);

	assert_int_equal(cvm_table_plan_grown(c->world->table, AT(23), &plan), CVM_EINVAL);
	assert_int_equal(cvm_table_plan_grown(c->world->table, CVM_PHYS_END + UNIT, &plan),
			 CVM_ERANGE);
	assert_int_equal(cvm_table_plan_grown(c->world->table, AT(96), &plan), 0);
	assert_int_equal(plan.bytes, CVM_TABLE_HEADER + 16);
	assert_true(sizeof(claims) >= sizeof(struct cvm_claim));
	assert_int_equal(cvm_acceptor_grow(acceptor, &plan, table, plan.bytes - 1, (void *)claims),
			 CVM_ENOSPC);
	assert_int_equal(cvm_acceptor_grow(acceptor, &plan, table, plan.bytes, NULL), CVM_EINVAL);
	bad = plan;
	bad.base += UNIT;
	assert_int_equal(cvm_acceptor_grow(acceptor, &bad, table, plan.bytes, (void *)claims),
			 CVM_EINVAL);
	assert_int_equal(cvm_acceptor_grow(acceptor, &plan, table, plan.bytes, (void *)claims), 0);
	assert_int_equal(cvm_table_check(table, plan.bytes, NULL), 0);
	assert_int_equal(table->bitmap[0], 0xc0);
	assert_int_equal(table->bitmap[1], 0);

	assert_int_equal(add(c, AT(24), AT(96)), 0);
	assert_true(is_unaccepted(c, 24) && is_unaccepted(c, 95));
	assert_int_equal(accept(c, AT(60), AT(70)), 0);
	assert_int_equal(accept(c, AT(4), AT(7)), 0);
	assert_int_equal(accept(c, AT(7), AT(8)), CVM_EIO);
	assert_int_equal(add(c, AT(8), AT(9)), 0);
	assert_int_equal(accept(c, AT(8), AT(9)), 0);
	assert_int_equal(units_accepted(c), 2 + 10 + 1 + 1);
	assert_true(fake_clean(c->world->fake));
	convert_free(c);
}

/* With an allocator: out of it, away, back, and handed out. */
static void test_allocator(void **state)
{
	struct convert *c = begin(8, 0xff, true);
	struct cvm_pages_config config = { .acceptor = &c->world->acceptor,
					   .start = BASE,
					   .end = AT(8),
					   .seed_bytes = 256 * KIB };
	uint64_t index[1], gpa, seen = 0;
	struct cvm_pages pages;

	config.index = index;
	config.seed = aligned_alloc(16, config.seed_bytes);
	assert_int_equal(cvm_pages_init(&pages, &config), 0);
	assert_int_equal(cvm_pages_add(&pages, AT(1), AT(7)), 0);
	assert_int_equal(cvm_pages_alloc(&pages, 9, &gpa), 0);
	assert_int_equal(gpa, AT(1));
	assert_int_equal(release(c, AT(1), AT(2)), CVM_EBUSY);
	assert_int_equal(release(c, AT(2), AT(3)), CVM_EBUSY);
	assert_int_equal(add(c, AT(2), AT(3)), CVM_EBUSY);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(cvm_pages_remove(&pages, AT(2), AT(5), NULL), 0);
		assert_int_equal(release(c, AT(2), AT(5)), 0);
		/* Block 1 ends where it was. */
		assert_int_equal(cvm_pages_free(&pages, AT(1), 9), 0);
		assert_int_equal(cvm_pages_alloc(&pages, 9, &gpa), 0);
		assert_int_equal(gpa, AT(1));
		assert_int_equal(add(c, AT(2), AT(5)), 0);
		assert_int_equal(cvm_pages_add(&pages, AT(2), AT(5)), 0);
	}
	while (!cvm_pages_alloc(&pages, 0, &gpa)) {
		assert_int_equal(fake_at(c->world->fake, gpa), FAKE_ACCEPTED);
		seen++;
	}
	assert_true(seen >= 4 * UNIT / PAGE);
	assert_true(convert_exact(c));
	free(config.seed);
	convert_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_round),
		cmocka_unit_test(test_words),	  cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_failed),	  cmocka_unit_test(test_busy),
		cmocka_unit_test(test_busy_word), cmocka_unit_test(test_waiter),
		cmocka_unit_test(test_guard),	  cmocka_unit_test(test_handover),
		cmocka_unit_test(test_grow),	  cmocka_unit_test(test_allocator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
