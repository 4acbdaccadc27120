/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cvmem/cca.h>

/* An RMM and a host that answer what the test says: the requests, and the answers, of which the
 * last is repeated. Numbers as TF-RMM's smc-rsi.h prints them. */

#define VERSION	     0xc4000190
#define REALM_CONFIG 0xc4000196
#define STATE_SET    0xc4000197
#define STATE_GET    0xc4000198
#define SHARED	     (UINT64_C(1) << 39)
#define STALLED	     (UINT64_C(2) << 32)

static struct {
	struct cvm_smc calls[4096];
	unsigned count;
	uint64_t answers[16][3]; /* x0 to x2 of STATE_SET */
	unsigned answers_count, sets;
	uint64_t ripas; /* what STATE_GET says */
	uint64_t version, config, width;
	unsigned leave_after;
	jmp_buf leave;
} rmm;

static uint64_t page[512] __attribute__((__aligned__(4096)));
static struct cvm_cca cca;

static void answer_set(struct cvm_smc *args)
{
	unsigned i = rmm.sets < rmm.answers_count ? rmm.sets : rmm.answers_count - 1;

	rmm.sets++;
	memcpy(args->x, rmm.answers[i], sizeof(rmm.answers[i]));
}

static void smc(void *ctx, struct cvm_smc *args)
{
	uint64_t function = args->x[0];

	assert_ptr_equal(ctx, &rmm);
	rmm.calls[rmm.count++ % 4096] = *args;
	if (rmm.leave_after && rmm.count == rmm.leave_after)
		longjmp(rmm.leave, 1);
	/* What an SMC may change. */
	memset(args, 0xa5, sizeof(*args));
	switch (function) {
	case VERSION:
		args->x[0] = rmm.version;
		break;
	case REALM_CONFIG:
		args->x[0] = rmm.config;
		page[0] = rmm.width;
		break;
	case STATE_SET:
		answer_set(args);
		break;
	case STATE_GET:
		args->x[0] = 0;
		args->x[2] = rmm.ripas;
		break;
	}
}

static void forget(void)
{
	memset(&rmm, 0, sizeof(rmm));
	rmm.width = 40;
}

static int init(enum cvm_conduit conduit)
{
	struct cvm_cca_config config = {
		.conduit = conduit, .page = page, .page_ipa = 0x5000, .smc = smc, .smc_ctx = &rmm
	};

	return cvm_cca_init(&cca, &config);
}

static void begin(void)
{
	forget();
	assert_int_equal(init(CVM_CONDUIT_SMC), 0);
	forget();
}

static void answer(uint64_t x0, uint64_t x1, uint64_t x2)
{
	uint64_t *answer = rmm.answers[rmm.answers_count++];

	answer[0] = x0;
	answer[1] = x1;
	answer[2] = x2;
}

static int accept(uint64_t start, uint64_t end, struct cvm_accept_result *result)
{
	*result = (struct cvm_accept_result){ 0 };
	return cca.platform.accept(&cca.platform, start, end, result);
}

static void test_init(void **state)
{
	const struct {
		uint64_t version, config, width;
		int expected;
	} cases[] = {
		{ 0, 0, 33, 0 },
		{ 0, 0, 52, 0 },
		{ 0, 0, 32, CVM_EINVAL },
		{ 0, 0, 53, CVM_EINVAL },
		{ 0, 0, UINT64_MAX, CVM_EINVAL },
		{ 0, 1, 40, CVM_EIO },
		{ 1, 0, 40, CVM_EVERSION },
		{ UINT64_MAX, 0, 40, CVM_ENODEV },
		{ 0xffffffff, 0, 40, CVM_ENODEV },
		{ 4, 0, 40, CVM_ENODEV },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forget();
		rmm.version = cases[i].version;
		rmm.config = cases[i].config;
		rmm.width = cases[i].width;
		assert_int_equal(init(CVM_CONDUIT_SMC), cases[i].expected);
		assert_int_equal(rmm.calls[0].x[0], VERSION);
		assert_int_equal(rmm.calls[0].x[1], 0x10000);
		if (cases[i].expected)
			continue;
		assert_int_equal(rmm.calls[1].x[0], REALM_CONFIG);
		assert_int_equal(rmm.calls[1].x[1], 0x5000);
		assert_int_equal(cca.ipa_bits, cases[i].width);
		assert_int_equal(cca.shared_mask, UINT64_C(1) << (cases[i].width - 1));
		assert_int_equal(cca.platform.gpa_end, cca.shared_mask);
		assert_string_equal(cca.platform.name, "cca");
	}
}

static void test_init_page(void **state)
{
	struct cvm_cca_config config = { .conduit = CVM_CONDUIT_SMC,
					 .page = page + 1,
					 .page_ipa = 0x5000,
					 .smc = smc,
					 .smc_ctx = &rmm };

	forget();
	assert_int_equal(cvm_cca_init(&cca, &config), CVM_EINVAL);
	config.page = page;
	config.page_ipa = 0x5008;
	assert_int_equal(cvm_cca_init(&cca, &config), CVM_EINVAL);
	assert_int_equal(rmm.count, 2); /* VERSION, twice */
}

/* No SMC where PSCI is not called by SMC: it may be undefined there. */
static void test_detect(void **state)
{
	forget();
	assert_false(cvm_cca_detect(CVM_CONDUIT_NONE, smc, &rmm));
	assert_false(cvm_cca_detect(CVM_CONDUIT_HVC, smc, &rmm));
	assert_int_equal(init(CVM_CONDUIT_HVC), CVM_ENODEV);
	assert_int_equal(rmm.count, 0);
	assert_true(cvm_cca_detect(CVM_CONDUIT_SMC, smc, &rmm));
	assert_int_equal(rmm.count, 1);
	rmm.version = 1;
	assert_true(cvm_cca_detect(CVM_CONDUIT_SMC, smc, &rmm));
	rmm.version = UINT64_MAX;
	assert_false(cvm_cca_detect(CVM_CONDUIT_SMC, smc, &rmm));
}

#ifndef __aarch64__
static void test_no_instruction(void **state)
{
	assert_false(cvm_cca_detect(CVM_CONDUIT_SMC, NULL, NULL));
}
#endif

static void test_accept(void **state)
{
	struct cvm_accept_result result;

	begin();
	/* Once with, once without progress; a call for what is left each time. */
	answer(0, 0x203000, 0);
	answer(0, 0x203000, 0);
	answer(0, 0x400000, 0);
	assert_int_equal(accept(0x200000, 0x400000, &result), 0);
	assert_int_equal(result.done, 0x200000);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 512);
	assert_int_equal(rmm.sets, 3);
	for (unsigned i = 0, set = 0; i < rmm.count; i++) {
		static const uint64_t base[] = { 0x200000, 0x203000, 0x203000 };

		if (rmm.calls[i].x[0] != STATE_SET) {
			/* Whether the page is gone. */
			assert_int_equal(rmm.calls[i].x[0], STATE_GET);
			assert_int_equal(rmm.calls[i].x[1], 0x203000);
			assert_int_equal(rmm.calls[i].x[2], 0x204000);
			continue;
		}
		assert_int_equal(rmm.calls[i].x[1], base[set++]);
		assert_int_equal(rmm.calls[i].x[2], 0x400000);
		assert_int_equal(rmm.calls[i].x[3], 1);
		/* Never CHANGE_DESTROYED. */
		for (unsigned x = 4; x < 11; x++)
			assert_int_equal(rmm.calls[i].x[x], 0);
	}
	forget();
	assert_int_equal(accept(0x200000, 0x200000, &result), 0);
	assert_int_equal(rmm.count, 0);
}

/* Answers of a host, and of an RMM that is none, to a change that has begun. */
static void test_hostile(void **state)
{
	const struct {
		uint64_t x0, x1, x2, ripas;
		enum cvm_cca_reason reason;
		int expected;
		uint64_t where;
	} cases[] = {
		{ 0, 0x201000, 1, 0, CVM_CCA_REJECTED, CVM_EIO, 0x201000 },
		{ 0, 0x205000, 1, 0, CVM_CCA_REJECTED, CVM_EIO, 0x205000 },
		{ 0, 0x201000, 0, 2, CVM_CCA_DESTROYED, CVM_EALREADY, 0x201000 },
		{ 0, 0x203000, 0, 2, CVM_CCA_DESTROYED, CVM_EALREADY, 0x203000 },
		{ 0, 0x203000, 1, 2, CVM_CCA_DESTROYED, CVM_EALREADY, 0x203000 },
		{ 0, 0x200000, 0, 0, CVM_CCA_BROKEN, CVM_EIO, 0x201000 },
		{ 0, 0, 0, 0, CVM_CCA_BROKEN, CVM_EIO, 0x201000 },
		{ 0, 0x401000, 0, 0, CVM_CCA_BROKEN, CVM_EIO, 0x201000 },
		{ 0, UINT64_MAX & -UINT64_C(4096), 0, 0, CVM_CCA_BROKEN, CVM_EIO, 0x201000 },
		{ 0, 0x203008, 0, 0, CVM_CCA_BROKEN, CVM_EIO, 0x201000 },
		{ 1, 0x400000, 0, 0, CVM_CCA_FAILED, CVM_EIO, 0x201000 },
		{ 2, 0x400000, 0, 0, CVM_CCA_FAILED, CVM_EIO, 0x201000 },
		{ UINT64_MAX, 0x400000, 0, 0, CVM_CCA_FAILED, CVM_EIO, 0x201000 },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cvm_accept_result result;
		uint64_t done;

		forget();
		answer(0, 0x201000, 0);
		answer(cases[i].x0, cases[i].x1, cases[i].x2);
		rmm.ripas = 1;
		/* It is gone when the second answer comes. */
		if (cases[i].ripas)
			rmm.ripas = cases[i].ripas;
		if (cases[i].ripas) {
			rmm.answers_count = 0;
			answer(cases[i].x0, cases[i].x1, cases[i].x2);
		}
		assert_int_equal(accept(0x200000, 0x400000, &result), cases[i].expected);
		assert_int_equal(result.where, cases[i].where);
		assert_int_equal(result.where_bytes, 4096);
		assert_int_equal(result.done, cases[i].where - 0x200000);
		assert_int_equal(result.status >> 32, cases[i].reason);
		assert_int_equal(result.status & 0xffffffff, (uint32_t)cases[i].x0);
		if (cases[i].ripas || cases[i].reason == CVM_CCA_REJECTED)
			continue;
		/* The same to a change to EMPTY, where no page is looked at. */
		forget();
		answer(0, 0x201000, 0);
		answer(cases[i].x0, cases[i].x1, cases[i].x2);
		assert_int_equal(cca.platform.set_shared(&cca.platform, 0x200000, 0x400000, &done),
				 CVM_EIO);
		assert_int_equal(done, 0x1000);
		assert_int_equal(rmm.count, 2);
	}
}

static void test_no_progress(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin();
	assert_int_equal(cca.tries, 1000);
	cca.tries = 7;
	answer(0, 0x200000, 0);
	assert_int_equal(accept(0x200000, 0x400000, &result), CVM_EIO);
	assert_int_equal(rmm.sets, 8);
	assert_int_equal(result.status, STALLED);
	assert_int_equal(result.done, 0);
	forget();
	answer(0, 0x200000, 0);
	assert_int_equal(cca.platform.set_shared(&cca.platform, 0x200000, 0x400000, &done),
			 CVM_EIO);
	assert_int_equal(rmm.sets, 8);
	assert_int_equal(done, 0);
	/* Any progress begins anew. */
	forget();
	for (unsigned i = 0; i < 7; i++)
		answer(0, 0x200000, 0);
	for (unsigned i = 0; i < 7; i++)
		answer(0, 0x300000, 0);
	answer(0, 0x400000, 0);
	assert_int_equal(accept(0x200000, 0x400000, &result), 0);
	assert_int_equal(rmm.sets, 15);
}

static void test_share(void **state)
{
	uint64_t done;

	begin();
	answer(0, 0x300000, 0);
	answer(0, 0x400000, 1);
	assert_int_equal(cca.platform.set_shared(&cca.platform, 0x200000, 0x400000, &done), 0);
	assert_int_equal(done, 0x200000);
	assert_int_equal(rmm.count, 2);
	assert_int_equal(rmm.calls[1].x[1], 0x300000);
	assert_int_equal(rmm.calls[1].x[3], 0);
	assert_int_equal(rmm.calls[1].x[4], 0);
	forget();
	assert_int_equal(cca.platform.set_private(&cca.platform, 0x200000, 0x400000, &done), 0);
	assert_int_equal(done, 0x200000);
	assert_int_equal(rmm.count, 0);
}

static void test_bad_ranges(void **state)
{
	static const struct cvm_span bad[] = {
		{ 0x1001, 0x3000 },	     { 0x1000, 0x3001 },
		{ 0x3000, 0x1000 },	     { SHARED - 0x1000, SHARED + 0x1000 },
		{ SHARED, SHARED + 0x1000 },
	};

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cvm_accept_result result;
		uint64_t done = 7;

		assert_int_equal(accept(bad[i].start, bad[i].end, &result), CVM_EINVAL);
		assert_int_equal(
			cca.platform.set_shared(&cca.platform, bad[i].start, bad[i].end, &done),
			CVM_EINVAL);
		assert_int_equal(done, 0);
		assert_int_equal(
			cca.platform.set_private(&cca.platform, bad[i].start, bad[i].end, &done),
			CVM_EINVAL);
		assert_int_equal(done, 0);
	}
	assert_int_equal(rmm.count, 0);
}

static void test_terminate(void **state)
{
	begin();
	rmm.leave_after = 4;
	if (!setjmp(rmm.leave)) {
		cca.platform.terminate(&cca.platform, CVM_TERMINATE_BUG, 0xabcd000);
		fail();
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(rmm.calls[i].x[0], 0x84000008);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),	       cmocka_unit_test(test_init_page),
		cmocka_unit_test(test_detect),
#ifndef __aarch64__
		cmocka_unit_test(test_no_instruction),
#endif
		cmocka_unit_test(test_accept),	       cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_no_progress),    cmocka_unit_test(test_share),
		cmocka_unit_test(test_bad_ranges),     cmocka_unit_test(test_terminate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
