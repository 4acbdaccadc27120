/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/snp.h>

#include "tests/platform/fake_cpu.h"

/* GHCB specification 2.03: offsets in the page, in units of 8 bytes. */
#define EXIT_CODE  (0x390 / 8)
#define EXIT_INFO1 (0x398 / 8)
#define EXIT_INFO2 (0x3a0 / 8)
#define SCRATCH	   (0x3a8 / 8)
#define VALID	   (0x3f0 / 8)
#define HEADER	   (0x800 / 8)
#define GHCB_GPA   UINT64_C(0x77000)
#define PAGE	   UINT64_C(4096)
#define LARGE	   UINT64_C(0x200000)
#define START	   UINT64_C(0x40000000)

static _Alignas(4096) uint64_t page[512];
static const struct cvm_snp_ghcb ghcb = { page, GHCB_GPA };
static struct cvm_snp snp;

/* The RMP as far as the tests need it: 4 KiB pages from START on. */
enum { UNASSIGNED, ASSIGNED, VALIDATED, SHARED };
static uint8_t rmp[4096];

static struct {
	unsigned exits, entries, pvalidates, gets, puts;
	void (*hostile)(unsigned exit); /* after an exit has been served */
	unsigned chunk;			/* entries served in an exit; 0: all */
	bool out_of_order;
	uint64_t fail_va; /* PVALIDATE here answers fail_eax, fail_cf */
	uint32_t fail_eax;
	bool fail_cf, mismatch;
	unsigned leave_after;
	sigjmp_buf leave;
} host;

static void serve_entry(uint64_t entry)
{
	uint64_t gpa = entry & UINT64_C(0x000ffffffffff000);
	unsigned op = entry >> 52 & 15, pages = entry >> 56 & 1 ? 512 : 1;

	for (unsigned i = 0; i < pages; i++) {
		uint8_t *state = &rmp[(gpa - START) / PAGE + i];

		/* A page that is given back must have been rescinded. */
		host.out_of_order |= op == 2 && *state == VALIDATED;
		*state = op == 1 ? ASSIGNED : SHARED;
	}
	host.entries++;
}

static void serve_ghcb(void)
{
	unsigned current = page[HEADER] & 0xffff, last = page[HEADER] >> 16 & 0xffff;
	unsigned left = host.chunk ? host.chunk : 253;

	assert_int_equal(page[EXIT_CODE], 0x80000010);
	assert_int_equal(page[EXIT_INFO1], 0);
	assert_int_equal(page[EXIT_INFO2], 0);
	assert_int_equal(page[SCRATCH], GHCB_GPA + 0x800);
	/* Fields 114 to 117, and nothing else. */
	assert_int_equal(page[VALID], 0);
	assert_int_equal(page[VALID + 1], UINT64_C(15) << (114 - 64));
	assert_true(last < 253);
	for (; current <= last && left; left--)
		serve_entry(page[HEADER + 1 + current++]);
	page[HEADER] = (page[HEADER] & ~UINT64_C(0xffff)) | current;
}

static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	unsigned exit = host.exits++;

	if (host.leave_after && host.exits == host.leave_after)
		siglongjmp(host.leave, 1);
	if (fake_cpu.ghcb_msr == GHCB_GPA) {
		serve_ghcb();
	} else if ((fake_cpu.ghcb_msr & 0xfff) == 0x014) {
		serve_entry(fake_cpu.ghcb_msr);
		fake_cpu.ghcb_msr = 0x015;
	}
	if (host.hostile)
		host.hostile(exit);
}

static uint32_t on_pvalidate(uintptr_t va, bool large, bool validate, bool *cf)
{
	host.pvalidates++;
	if (large && host.mismatch)
		return 6;
	if (va == host.fail_va) {
		*cf = host.fail_cf;
		return host.fail_eax;
	}
	for (unsigned i = 0; i < (large ? 512 : 1); i++) {
		uint8_t *state = &rmp[(va - START) / PAGE + i];

		host.out_of_order |= *state != (validate ? ASSIGNED : VALIDATED);
		*state = validate ? VALIDATED : ASSIGNED;
	}
	return 0;
}

static const struct cvm_snp_ghcb *get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	host.gets++;
	return &ghcb;
}

static const struct cvm_snp_ghcb *get_none(void *ctx, struct cvm_snp_ghcb_state *state)
{
	host.gets++;
	return NULL;
}

static void put(void *ctx, const struct cvm_snp_ghcb *back, struct cvm_snp_ghcb_state *state)
{
	host.puts += back == &ghcb;
}

static void begin(void)
{
	const struct cvm_snp_config config = {
		.evict = CVM_SNP_EVICT_NEVER,
		.ghcb_get = get,
		.ghcb_put = put,
		.vmgexit = on_vmgexit,
	};

	fake_cpu_begin();
	memset(page, 0xff, sizeof(page));
	memset(rmp, 0, sizeof(rmp));
	memset(&host, 0, sizeof(host));
	fake_cpu.pvalidate = on_pvalidate;
	fake_cpu.ghcb_msr = 0x5000;
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
}

static int accept(uint64_t bytes, struct cvm_accept_result *result)
{
	*result = (struct cvm_accept_result){ 0 };
	return snp.platform.accept(&snp.platform, START + PAGE, START + PAGE + bytes, result);
}

static int share(unsigned pages, uint64_t *done)
{
	return snp.platform.set_shared(&snp.platform, START + PAGE, START + (1 + pages) * PAGE,
				       done);
}

static int unshare(unsigned pages, uint64_t *done)
{
	return snp.platform.set_private(&snp.platform, START + PAGE, START + (1 + pages) * PAGE,
					done);
}

static void test_c_bit(void **state)
{
	struct cvm_accept_result result;
	struct cvm_snp_config config;
	uint64_t done;

	begin();
	config = snp.config;
	config.c_bit = 52;
	assert_int_equal(cvm_snp_init(&snp, &config), CVM_EINVAL);
	config.c_bit = 47;
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
	assert_int_equal(snp.platform.gpa_end, UINT64_C(1) << 47);
	snp.platform.gpa_end = START + 2 * PAGE;
	host.exits = host.pvalidates = 0;
	assert_int_equal(accept(2 * PAGE, &result), CVM_EINVAL);
	assert_int_equal(share(2, &done), CVM_EINVAL);
	assert_int_equal(unshare(2, &done), CVM_EINVAL);
	assert_int_equal(host.exits + host.pvalidates, 0);
}

static void test_batches(void **state)
{
	struct cvm_accept_result result;

	begin();
	/* 300 entries are one request of 253 and one of 47. */
	assert_int_equal(accept(300 * PAGE, &result), 0);
	assert_int_equal(host.exits, 2);
	assert_int_equal(host.entries, 300);
	assert_int_equal(host.gets, 2);
	assert_int_equal(host.puts, 2);
	assert_int_equal(result.done, 300 * PAGE);
	assert_false(host.out_of_order);

	begin();
	assert_int_equal(accept(2 * LARGE, &result), 0);
	assert_int_equal(host.entries, 511 + 1 + 1);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 1);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 512);
}

static void test_partial_progress(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin();
	host.chunk = 7;
	assert_int_equal(accept(300 * PAGE, &result), 0);
	assert_int_equal(host.entries, 300);
	assert_int_equal(host.exits, 37 + 7);
	assert_int_equal(result.done, 300 * PAGE);

	assert_int_equal(share(300, &done), 0);
	assert_int_equal(done, 300 * PAGE);
	assert_false(host.out_of_order);
	for (unsigned i = 1; i < 301; i++)
		assert_int_equal(rmp[i], SHARED);
}

static void set_current(unsigned entry)
{
	page[HEADER] = (page[HEADER] & ~UINT64_C(0xffff)) | entry;
}

static void go_back(unsigned exit)
{
	if (exit == 1)
		set_current(6);
}

static void go_too_far(unsigned exit)
{
	if (exit == 1)
		set_current(51);
}

static void change_end(unsigned exit)
{
	if (exit == 1)
		page[HEADER] ^= 1 << 16;
}

static void set_reserved(unsigned exit)
{
	if (exit == 1)
		page[HEADER] |= UINT64_C(1) << 63;
}

static void fail_info1(unsigned exit)
{
	if (exit == 1)
		page[EXIT_INFO1] = 2;
}

static void fail_info2(unsigned exit)
{
	if (exit == 1)
		page[EXIT_INFO2] = UINT64_C(0x100) << 32;
}

static void test_hostile_answers(void **state)
{
	/* 50 entries, 7 in an exit; the second exit's answer is changed. `confirmed`: pages that
	 * the host has confirmed before that, or with it. */
	const struct {
		void (*hostile)(unsigned exit);
		uint64_t confirmed, status;
	} cases[] = {
		{ go_back, 7, 0 },     { go_too_far, 7, 0 },
		{ change_end, 7, 0 },  { set_reserved, 7, 0 },
		{ fail_info1, 14, 0 }, { fail_info2, 14, UINT64_C(0x100) << 32 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cvm_accept_result result;
		uint64_t done;

		begin();
		host.chunk = 7;
		host.hostile = cases[i].hostile;
		assert_int_equal(accept(50 * PAGE, &result), CVM_EIO);
		assert_int_equal(host.exits, 2);
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(result.where, START + PAGE + cases[i].confirmed * PAGE);
		assert_int_equal(result.where_bytes, PAGE);
		/* No page of an unfinished request is validated. */
		assert_int_equal(result.done, 0);
		assert_int_equal(host.pvalidates, 0);
		assert_int_equal(host.puts, host.gets);

		begin();
		host.chunk = 7;
		host.hostile = cases[i].hostile;
		assert_int_equal(unshare(50, &done), CVM_EIO);
		assert_int_equal(done, cases[i].confirmed * PAGE);
	}
}

/* The host takes some pages of a request and refuses the others: those are the guest's again. */
static void test_share_refused(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin();
	assert_int_equal(accept(300 * PAGE, &result), 0);
	host.exits = 0;
	host.chunk = 7;
	host.hostile = fail_info2;
	assert_int_equal(share(300, &done), CVM_EIO);
	assert_int_equal(done, 14 * PAGE);
	assert_false(host.out_of_order);
	for (unsigned i = 1; i < 301; i++)
		assert_int_equal(rmp[i], i < 15 ? SHARED : VALIDATED);
}

/* A page that cannot be validated again: none of the rest is, and all of it counts as shared. */
static void refuse_validation(unsigned exit)
{
	fail_info2(exit);
	host.fail_va = exit == 1 ? START + 20 * PAGE : 0;
	host.fail_eax = 1;
}

static void test_share_refused_twice(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin();
	assert_int_equal(accept(50 * PAGE, &result), 0);
	host.exits = 0;
	host.chunk = 7;
	host.hostile = refuse_validation;
	assert_int_equal(share(50, &done), CVM_EIO);
	assert_int_equal(done, 50 * PAGE);
	for (unsigned i = 1; i < 51; i++)
		assert_int_equal(rmp[i], i < 15 ? SHARED : ASSIGNED);
}

static void no_progress(unsigned exit)
{
	if (exit)
		set_current(7);
}

/* Changes of the current entry that look like progress, each time. */
static void turn_current_page(unsigned exit)
{
	no_progress(exit);
	page[HEADER + 1 + 7] ^= 1;
}

static void turn_gfn(unsigned exit)
{
	no_progress(exit);
	page[HEADER + 1 + 7] += PAGE;
}

static void count_for_ever(unsigned exit)
{
	no_progress(exit);
	page[HEADER + 1 + 7] = (page[HEADER + 1 + 7] & ~UINT64_C(0xfff)) | (exit & 0xfff);
}

static void test_endless_progress(void **state)
{
	void (*const hostile[])(unsigned exit) = { no_progress, turn_current_page, turn_gfn,
						   count_for_ever };

	for (volatile unsigned i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		struct cvm_accept_result result;

		begin();
		host.chunk = 7;
		host.hostile = hostile[i];
		host.leave_after = 20000;
		if (sigsetjmp(host.leave, 1))
			fail_msg("no end to it");
		assert_int_equal(accept(50 * PAGE, &result), CVM_EIO);
		assert_int_equal(result.where, START + PAGE + 7 * PAGE);
		assert_true(i || host.exits > 2);
		assert_int_equal(host.pvalidates, 0);
	}
}

/* A 2 MiB entry that is done a few pages at a time. */
static void part_of_entry(unsigned exit)
{
	unsigned pages = (exit + 1) * 64;

	page[HEADER + 1] = (page[HEADER + 1] & ~UINT64_C(0xfff)) | pages;
	set_current(pages == 512);
}

static void test_parts_of_entry(void **state)
{
	struct cvm_accept_result result = { 0 };

	begin();
	host.hostile = part_of_entry;
	assert_int_equal(snp.platform.accept(&snp.platform, START, START + LARGE, &result), 0);
	assert_int_equal(host.exits, 8);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 1);
}

static void test_pvalidate_answers(void **state)
{
	const struct {
		uint32_t eax;
		bool cf;
		int expected;
		uint64_t status;
	} cases[] = {
		{ 0, true, CVM_EALREADY, UINT64_C(1) << 32 },
		{ 1, false, CVM_EIO, 1 },
		{ 6, false, CVM_EIO, 6 },
		{ 1, true, CVM_EIO, UINT64_C(1) << 32 | 1 },
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cvm_accept_result result;
		uint64_t done;

		begin();
		host.fail_va = START + 5 * PAGE;
		host.fail_eax = cases[i].eax;
		host.fail_cf = cases[i].cf;
		assert_int_equal(accept(50 * PAGE, &result), cases[i].expected);
		assert_int_equal(result.done, 4 * PAGE);
		assert_int_equal(result.where, START + 5 * PAGE);
		assert_int_equal(result.where_bytes, PAGE);
		assert_int_equal(result.status, cases[i].status);

		/* Rescinding: the host is not asked for what is not rescinded. */
		host.exits = 0;
		assert_int_equal(share(8, &done), CVM_EIO);
		assert_int_equal(done, 0);
		assert_int_equal(host.exits, 0);
		for (unsigned k = 1; k < 5; k++)
			assert_int_equal(rmp[k], VALIDATED);
	}
}

static void test_size_mismatch(void **state)
{
	struct cvm_accept_result result;

	begin();
	host.mismatch = true;
	assert_int_equal(accept(2 * LARGE - PAGE, &result), 0);
	assert_int_equal(result.fallbacks[CVM_LEVEL_2M], 1);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 1023);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 0);
	assert_int_equal(host.pvalidates, 1024);
}

static uint64_t bad_msr_answer;

static void answer_badly(unsigned exit)
{
	if (exit == 3)
		fake_cpu.ghcb_msr = bad_msr_answer;
}

static void test_msr_protocol(void **state)
{
	struct cvm_accept_result result;

	begin();
	snp.config.ghcb_get = get_none;
	assert_int_equal(accept(20 * PAGE, &result), 0);
	assert_int_equal(host.exits, 20);
	assert_int_equal(host.puts, 0);
	assert_int_equal(result.done, 20 * PAGE);
	assert_int_equal(fake_cpu.ghcb_msr, 0x5000);
	assert_false(host.out_of_order);

	for (unsigned i = 0; i < 2; i++) {
		begin();
		snp.config.ghcb_get = NULL;
		snp.config.ghcb_put = NULL;
		bad_msr_answer = i ? UINT64_C(1) << 63 | 0x015 : 0x013;
		host.hostile = answer_badly;
		assert_int_equal(accept(20 * PAGE, &result), CVM_EIO);
		assert_int_equal(result.where, START + 4 * PAGE);
		assert_int_equal(result.status, bad_msr_answer);
		assert_int_equal(result.done, 0);
		assert_int_equal(fake_cpu.ghcb_msr, 0x5000);
	}
}

/* Between get and put nothing interrupts; at any other time a handler may use the MSR. */
static bool masked, exit_unmasked;

static const struct cvm_snp_ghcb *mask(void *ctx, struct cvm_snp_ghcb_state *state)
{
	fake_cpu.ghcb_msr = 0x5000;
	masked = true;
	return get_none(ctx, state);
}

static void unmask(void *ctx, const struct cvm_snp_ghcb *back, struct cvm_snp_ghcb_state *state)
{
	assert_null(back);
	assert_true(masked);
	masked = false;
	assert_int_equal(fake_cpu.ghcb_msr, 0x5000);
	fake_cpu.ghcb_msr = 0x012;
	host.puts++;
}

static void note_mask(unsigned exit)
{
	exit_unmasked |= !masked;
}

static void test_msr_protocol_masked(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin();
	snp.config.ghcb_get = mask;
	snp.config.ghcb_put = unmask;
	host.hostile = note_mask;
	assert_int_equal(accept(20 * PAGE, &result), 0);
	assert_int_equal(share(4, &done), 0);
	assert_int_equal(host.exits, 24);
	assert_int_equal(host.gets, 24);
	assert_int_equal(host.puts, 24);
	assert_false(exit_unmasked);
	assert_false(host.out_of_order);
}

static uint64_t answered_gpa;

static void answer_registration(unsigned exit)
{
	fake_cpu.ghcb_msr = answered_gpa | 0x013;
}

static void test_registration(void **state)
{
	begin();
	answered_gpa = 0x99000;
	host.hostile = answer_registration;
	assert_int_equal(cvm_snp_register_ghcb(&snp, 0x99000), 0);
	assert_int_equal(fake_cpu.ghcb_msr, 0x99000);
	answered_gpa = 0x88000;
	assert_int_equal(cvm_snp_register_ghcb(&snp, 0x99000), CVM_EIO);
	assert_int_equal(cvm_snp_register_ghcb(&snp, 0x99001), CVM_EINVAL);
}

static void test_stop_does_not_return(void **state)
{
	begin();
	host.leave_after = 3;
	if (!sigsetjmp(host.leave, 1)) {
		snp.platform.terminate(&snp.platform, CVM_TERMINATE_BUG, START);
		fail();
	}
	assert_int_equal(fake_cpu.ghcb_msr, 0x100 | 0xc << 12 | CVM_TERMINATE_BUG << 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_c_bit),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_partial_progress),
		cmocka_unit_test(test_hostile_answers),
		cmocka_unit_test(test_share_refused),
		cmocka_unit_test(test_share_refused_twice),
		cmocka_unit_test(test_endless_progress),
		cmocka_unit_test(test_parts_of_entry),
		cmocka_unit_test(test_pvalidate_answers),
		cmocka_unit_test(test_size_mismatch),
		cmocka_unit_test(test_msr_protocol),
		cmocka_unit_test(test_msr_protocol_masked),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_stop_does_not_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
