/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "convert.h"

/* Several CPUs convert at once: overlaps are refused, all else goes on side by side. */

#define BASE	GIB
#define AT(n)	(BASE + (uint64_t)(n)*PAGE)
#define THREADS 6

static const uint64_t none;

static struct job start(struct convert *c, int (*run)(struct job *), unsigned from, unsigned to)
{
	struct job job = { .run = run, .ctx = c, .start = AT(from), .end = AT(to) };

	return job;
}

/* The platform stands still; the list answers, and other ranges are converted. */
static void check_in_flight(struct convert *c)
{
	assert_int_equal(cvm_share_state_at(&c->share, AT(4)), CVM_CONVERTING);
	assert_int_equal(cvm_share_state_at(&c->share, AT(11)), CVM_CONVERTING);
	assert_int_equal(cvm_share_state_at(&c->share, AT(12)), CVM_PRIVATE);
	assert_int_equal(cvm_set_shared(&c->share, AT(0), AT(5), NULL), CVM_EBUSY);
	assert_int_equal(cvm_set_shared(&c->share, AT(5), AT(6), NULL), CVM_EBUSY);
	assert_int_equal(cvm_set_private(&c->share, AT(4), AT(12), NULL), CVM_EBUSY);
	assert_int_equal(cvm_set_private(&c->share, AT(5), AT(6), NULL), CVM_EBUSY);
	assert_int_equal(cvm_set_shared(&c->share, AT(0), AT(4), NULL), 0);
	assert_int_equal(cvm_set_shared(&c->share, AT(12), AT(14), NULL), 0);
	assert_int_equal(cvm_set_private(&c->share, AT(12), AT(13), NULL), 0);
}

static void test_share_in_flight(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 16);
	struct job job = start(c, convert_share, 4, 12);

	convert_mood(c, AT(8), CONVERT_GATE_SHARE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	check_in_flight(c);
	convert_open(c, AT(8));
	assert_int_equal(job_join(&job), 0);
	assert_true(convert_exact(c));
	assert_int_equal(c->share.count, 2);
	convert_free(c);
}

static void test_unshare_in_flight(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 16);
	struct job job = start(c, convert_unshare, 4, 12);

	assert_int_equal(cvm_set_shared(&c->share, AT(4), AT(12), NULL), 0);
	convert_mood(c, AT(8), CONVERT_GATE_UNSHARE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	check_in_flight(c);
	convert_open(c, AT(8));
	assert_int_equal(job_join(&job), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* Private again, and the acceptance stands still: not usable as private yet. */
static void test_accept_in_flight(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 16);
	struct job job = start(c, convert_unshare, 4, 12);

	assert_int_equal(cvm_set_shared(&c->share, AT(4), AT(12), NULL), 0);
	fake_mood(c->world->fake, AT(8), FAKE_GATE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	check_in_flight(c);
	fake_open(c->world->fake, AT(8));
	assert_int_equal(job_join(&job), 0);
	assert_true(convert_exact(c));
	convert_free(c);
}

/* What is set aside for one CPU is not another's: the one in flight may yet need it. */
static void test_storage_in_flight(void **state)
{
	struct convert *c = convert_new(BASE, 2, &none, 3);
	struct job job = start(c, convert_share, 4, 12);
	struct cvm_share_result result;

	convert_mood(c, AT(8), CONVERT_GATE_SHARE);
	job_start(&job);
	assert_int_equal(job_settle(&job), JOB_AT_GATE);
	assert_int_equal(cvm_set_shared(&c->share, AT(20), AT(21), &result), CVM_ENOSPC);
	/* The worst outcome: a failed part and a shared one. */
	convert_mood(c, AT(9), CONVERT_REFUSE_SHARE);
	convert_mood(c, AT(7), CONVERT_REFUSE_UNSHARE);
	fake_mood(c->world->fake, AT(5), FAKE_REFUSE);
	convert_open(c, AT(8));
	assert_int_equal(job_join(&job), CVM_EIO);
	assert_int_equal(c->share.count, 2);
	assert_true(convert_exact(c));
	convert_free(c);
}

struct worker {
	struct job job;
	uint64_t seed;
	unsigned converted, busy, wrong;
};

/* Each range is one of 24 slots of 3 pages, or two of them; who converts a page owns it. */
static int work(struct job *job)
{
	struct worker *worker = (struct worker *)job;
	struct convert *c = job->ctx;

	for (int i = 0; i < 400; i++) {
		uint64_t at = AT(3 * below(&worker->seed, 23));
		uint64_t end = at + 3 * PAGE * (1 + below(&worker->seed, 2));
		bool share = below(&worker->seed, 2);
		int error = (share ? cvm_set_shared : cvm_set_private)(&c->share, at, end, NULL);

		worker->converted += !error;
		worker->busy += error == CVM_EBUSY;
		worker->wrong += error && error != CVM_EBUSY && error != CVM_EINVAL;
	}
	return 0;
}

static void test_many(void **state)
{
	for (unsigned round = 0; round < 10; round++) {
		struct convert *c = convert_new(BASE, 1, &none, 24 + 3 * THREADS);
		struct worker workers[THREADS] = { 0 };
		unsigned converted = 0;

		for (unsigned i = 0; i < THREADS; i++) {
			workers[i].job.run = work;
			workers[i].job.ctx = c;
			workers[i].seed = round * THREADS + i;
			job_start(&workers[i].job);
		}
		for (unsigned i = 0; i < THREADS; i++) {
			job_join(&workers[i].job);
			assert_int_equal(workers[i].wrong, 0);
			converted += workers[i].converted;
		}
		assert_true(convert_exact(c));
		assert_true(converted >= 24);
		convert_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_in_flight),
		cmocka_unit_test(test_unshare_in_flight),
		cmocka_unit_test(test_accept_in_flight),
		cmocka_unit_test(test_storage_in_flight),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
