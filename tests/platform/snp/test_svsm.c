/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <cvmem/snp.h>

#include "tests/platform/fake_cpu.h"

/*
 * A guest at VMPL 2: the SVSM of AMD publication 58019 as this test reads it, and a host that may
 * run it, or not. PVALIDATE by the guest itself is an error.
 */
#define PAGE	 UINT64_C(4096)
#define LARGE	 UINT64_C(0x200000)
#define START	 UINT64_C(0x40000000)
#define GHCB_GPA UINT64_C(0x77000)
#define CAA_GPA	 UINT64_C(0x123000)
#define PAGES	 8192
#define LIST_MAX 510 /* (4096 - 8 - 8) / 8 */

/* In units of 8 bytes, GHCB specification 2.03. */
enum { EXIT_CODE = 0x390 / 8, EXIT_INFO1, EXIT_INFO2, VALID = 0x3f0 / 8, HEADER = 0x800 / 8 };

enum {
	INCOMPLETE = 0x80000000,
	UNSUPPORTED_CALL = 0x80000002,
	INVALID_FORMAT = 0x80000004,
	BUSY = 0x80000007,
	FAIL_INPUT = 0x80001001,
	SIZEMISMATCH = 0x80001006,
	UNCHANGED = 0x80001010,
};

static _Alignas(4096) uint64_t ghcb_page[512];
static _Alignas(4096) uint64_t caa_page[512];
static const struct cvm_snp_ghcb ghcb = { ghcb_page, GHCB_GPA };
static const struct cvm_snp_caa caa = { caa_page, CAA_GPA };
static struct cvm_snp snp;

enum { UNASSIGNED, ASSIGNED, VALIDATED, SHARED };
static uint8_t rmp[PAGES];

static struct {
	unsigned calls, psc, gets, puts, entries, longest;
	bool rmp_4k;	   /* the RMP has no 2 MiB entries */
	bool caa_outside;  /* the calling area was used outside of get and put */
	bool out_of_order; /* a page's state was not what it must be */
	uint64_t fail_gpa; /* PVALIDATE there has this result */
	uint64_t fail_result;
	unsigned chunk;	      /* entries of a call before it is INCOMPLETE; 0: all */
	unsigned leave;	      /* so many exits are not served */
	uint64_t answer;      /* all calls have this result, and do nothing; 0: they do something */
	uint64_t info2;	      /* the host's answer to the NAE event */
	uint64_t msr_answer;  /* the host's answer to the MSR protocol */
	unsigned add_to_next; /* a wrong index */
	unsigned go_back;     /* after so many calls the index is 3 */
	bool partly;	      /* what is INCOMPLETE is called a success */
	bool no_caa, held;
} host;

static unsigned validate_entry(uint64_t entry)
{
	uint64_t gpa = entry & -PAGE;
	bool large = entry & 1, validate = entry >> 2 & 1;
	uint8_t *state = &rmp[(gpa - START) / PAGE];

	assert_int_equal(entry & 0xffa, 0);
	assert_true(gpa >= START && gpa < START + PAGES * PAGE);
	if (large && host.rmp_4k)
		return SIZEMISMATCH;
	if (gpa == host.fail_gpa)
		return (unsigned)host.fail_result;
	for (unsigned i = 0; i < (large ? 512 : 1); i++) {
		host.out_of_order |= state[i] != (validate ? ASSIGNED : VALIDATED);
		state[i] = validate ? VALIDATED : ASSIGNED;
	}
	host.entries++;
	return 0;
}

static uint64_t pvalidate_call(void)
{
	uint64_t *list = &caa_page[1];
	unsigned count = list[0] & 0xffff, next = list[0] >> 16 & 0xffff;
	unsigned left = host.chunk ? host.chunk : count;
	uint64_t result = 0;

	assert_int_equal(list[0] >> 32, 0);
	assert_in_range(count, 1, LIST_MAX);
	assert_true(next < count);
	if (count > host.longest)
		host.longest = count;
	for (; next < count && !result; next++) {
		if (!left--) {
			result = host.partly ? 0 : INCOMPLETE;
			break;
		}
		result = validate_entry(list[1 + next]);
		if (result)
			break;
	}
	next += host.add_to_next;
	if (host.go_back && host.calls == host.go_back)
		next = 3;
	list[0] = count | (uint64_t)next << 16;
	return result;
}

/* VMPL 0 runs. */
static void svsm(struct cvm_snp_regs *regs)
{
	assert_non_null(regs);
	host.calls++;
	host.caa_outside |= !host.held;
	if (host.leave) {
		host.leave--;
		return;
	}
	assert_int_equal(caa_page[0] & 0xff, 1);
	assert_int_equal(regs->rax, 1);
	assert_int_equal(regs->rcx, CAA_GPA + 8);
	caa_page[0] &= ~UINT64_C(0xff);
	regs->rax = host.answer ? host.answer : pvalidate_call();
}

static void change_state(uint64_t entry)
{
	uint8_t *state = &rmp[((entry & UINT64_C(0x000ffffffffff000)) - START) / PAGE];
	unsigned op = entry >> 52 & 15;

	for (unsigned i = 0; i < (entry >> 56 & 1 ? 512 : 1); i++) {
		host.out_of_order |= op == 2 && state[i] == VALIDATED;
		state[i] = op == 1 ? ASSIGNED : SHARED;
	}
}

static void nae_event(struct cvm_snp_regs *regs)
{
	if (ghcb_page[EXIT_CODE] == 0x80000018) {
		/* VMPL 0, and no field besides. */
		assert_int_equal(ghcb_page[EXIT_INFO1], 0);
		assert_int_equal(ghcb_page[VALID], 0);
		assert_int_equal(ghcb_page[VALID + 1], UINT64_C(7) << (114 - 64));
		if (host.info2)
			ghcb_page[EXIT_INFO2] = host.info2;
		else
			svsm(regs);
		return;
	}
	assert_int_equal(ghcb_page[EXIT_CODE], 0x80000010);
	assert_null(regs);
	host.psc++;
	for (unsigned i = 0; i <= (ghcb_page[HEADER] >> 16 & 0xffff); i++)
		change_state(ghcb_page[HEADER + 1 + i]);
	ghcb_page[HEADER] += (ghcb_page[HEADER] >> 16 & 0xffff) + 1;
}

static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	if (fake_cpu.ghcb_msr == GHCB_GPA) {
		nae_event(regs);
	} else if ((fake_cpu.ghcb_msr & 0xfff) == 0x014) {
		change_state(fake_cpu.ghcb_msr);
		fake_cpu.ghcb_msr = 0x015;
	} else {
		assert_int_equal(fake_cpu.ghcb_msr, 0x016);
		if (!host.msr_answer)
			svsm(regs);
		fake_cpu.ghcb_msr = host.msr_answer ? host.msr_answer : 0x017;
	}
}

static uint32_t on_pvalidate(uintptr_t va, bool large, bool validate, bool *cf)
{
	fail_msg("PVALIDATE above VMPL 0");
	return 0;
}

/* The state comes back as it was left, and the pairs do not nest. */
static const struct cvm_snp_ghcb *get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	assert_false(host.held);
	host.held = true;
	for (unsigned i = 0; i < 4; i++)
		state->word[i] = 1000 * host.gets + i;
	host.gets++;
	return ctx;
}

static void put(void *ctx, const struct cvm_snp_ghcb *back, struct cvm_snp_ghcb_state *state)
{
	assert_ptr_equal(back, ctx);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(state->word[i], 1000 * (host.gets - 1) + i);
	host.held = false;
	host.puts++;
}

static const struct cvm_snp_caa *get_caa(void *ctx)
{
	host.caa_outside |= !host.held;
	return host.no_caa ? NULL : &caa;
}

static void begin(bool with_ghcb)
{
	const struct cvm_snp_config config = {
		.evict = CVM_SNP_EVICT_NEVER,
		.ghcb_get = get,
		.ghcb_put = put,
		.caa = get_caa,
		.vmgexit = on_vmgexit,
		.ctx = with_ghcb ? (void *)&ghcb : NULL,
	};

	fake_cpu_begin();
	fake_cpu.pvalidate = on_pvalidate;
	fake_cpu.ghcb_msr = 0x5000;
	memset(ghcb_page, 0xff, sizeof(ghcb_page));
	memset(caa_page, 0xff, sizeof(caa_page));
	memset(rmp, 0, sizeof(rmp));
	memset(&host, 0, sizeof(host));
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
}

static int accept(uint64_t start, uint64_t end, struct cvm_accept_result *result)
{
	int error;

	*result = (struct cvm_accept_result){ 0 };
	error = snp.platform.accept(&snp.platform, start, end, result);
	assert_int_equal(host.gets, host.puts);
	assert_false(host.caa_outside);
	assert_false(host.out_of_order);
	/* What is called done is validated, and nothing behind it. */
	for (uint64_t gpa = start; gpa < end; gpa += PAGE)
		assert_int_equal(rmp[(gpa - START) / PAGE] == VALIDATED,
				 gpa < start + result->done);
	return error;
}

static void test_lists(void **state)
{
	struct cvm_accept_result result;
	uint64_t done;

	begin(true);
	assert_int_equal(accept(START + PAGE, START + 4 * LARGE, &result), 0);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 511);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 3);
	assert_int_equal(result.done, 4 * LARGE - PAGE);
	/* One list for each page-state change of at most 253 entries. */
	assert_int_equal(host.psc, 3);
	assert_int_equal(host.calls, 3);
	assert_int_equal(host.longest, 253);

	assert_int_equal(
		snp.platform.set_shared(&snp.platform, START + PAGE, START + 4 * LARGE, &done), 0);
	assert_int_equal(done, 4 * LARGE - PAGE);
	assert_false(host.out_of_order);
	for (unsigned i = 1; i < 4 * 512; i++)
		assert_int_equal(rmp[i], SHARED);
}

/* 510 entries fit. What is behind a 2 MiB page of 4 KiB entries fills the second list. */
static void test_size_mismatch(void **state)
{
	struct cvm_accept_result result;

	begin(true);
	host.rmp_4k = true;
	assert_int_equal(accept(START, START + 3 * LARGE, &result), 0);
	assert_int_equal(result.fallbacks[CVM_LEVEL_2M], 3);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 0);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 3 * 512);
	assert_int_equal(result.done, 3 * LARGE);
	assert_int_equal(host.longest, LIST_MAX);
	/* A list that fails at once, one of 510, one of 2 that fails behind them, ... */
	assert_int_equal(host.calls, 1 + 3 * 2);

	/* A 4 KiB page cannot fall back. */
	begin(true);
	host.fail_gpa = START + 3 * PAGE;
	host.fail_result = SIZEMISMATCH;
	assert_int_equal(accept(START + PAGE, START + 5 * PAGE, &result), CVM_EIO);
	assert_int_equal(result.status, SIZEMISMATCH);
	assert_int_equal(result.done, 2 * PAGE);
	assert_int_equal(result.fallbacks[CVM_LEVEL_2M], 0);
}

static void test_msr_protocol(void **state)
{
	struct cvm_accept_result result;

	begin(false);
	assert_int_equal(accept(START + PAGE, START + 20 * PAGE, &result), 0);
	assert_int_equal(host.calls, 1);
	assert_int_equal(fake_cpu.ghcb_msr, 0x5000);

	begin(false);
	host.msr_answer = UINT64_C(1) << 32 | 0x017;
	assert_int_equal(accept(START + PAGE, START + 20 * PAGE, &result), CVM_EIO);
	assert_int_equal(result.status, UINT64_C(1) << 32 | 0x017);
	assert_int_equal(result.done, 0);
	assert_int_equal(fake_cpu.ghcb_msr, 0x5000);
}

static void test_results(void **state)
{
	const struct {
		uint64_t result;
		int error;
	} cases[] = {
		{ UNCHANGED, CVM_EALREADY },
		{ FAIL_INPUT, CVM_EIO },
		{ UNSUPPORTED_CALL, CVM_EIO },
		{ INVALID_FORMAT, CVM_EIO },
		/* What PVALIDATE itself would have said has no meaning here. */
		{ 6, CVM_EIO },
		{ UINT64_C(1) << 32 | UNCHANGED, CVM_EIO },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cvm_accept_result result;

		begin(true);
		if (cases[i].result >> 32) {
			host.answer = cases[i].result;
			assert_int_equal(accept(START + PAGE, START + 9 * PAGE, &result),
					 cases[i].error);
			continue;
		}
		host.fail_gpa = START + 5 * PAGE;
		host.fail_result = cases[i].result;
		assert_int_equal(accept(START + PAGE, START + 9 * PAGE, &result), cases[i].error);
		assert_int_equal(result.status, cases[i].result);
		assert_int_equal(result.done, 4 * PAGE);
		assert_int_equal(result.accepted[CVM_LEVEL_4K], 4);
		assert_int_equal(result.where, START + 5 * PAGE);
		assert_int_equal(result.where_bytes, PAGE);
	}
}

/* A call that is not finished goes on; one that the SVSM has no time for is made again. */
static void test_incomplete(void **state)
{
	struct cvm_accept_result result;

	begin(true);
	host.chunk = 7;
	assert_int_equal(accept(START + PAGE, START + 51 * PAGE, &result), 0);
	assert_int_equal(host.entries, 50);
	assert_int_equal(host.calls, 8);
	assert_int_equal(result.done, 50 * PAGE);

	begin(true);
	host.answer = BUSY;
	assert_int_equal(accept(START + PAGE, START + 51 * PAGE, &result), CVM_EIO);
	assert_int_equal(result.status, BUSY);
	assert_in_range(host.calls, 100, 10000);
}

/* The host goes on without having run VMPL 0: the registers are those of the request. */
static void test_not_served(void **state)
{
	struct cvm_accept_result result;

	begin(true);
	host.leave = 3;
	assert_int_equal(accept(START + PAGE, START + 51 * PAGE, &result), 0);
	assert_int_equal(host.calls, 4);

	begin(true);
	host.leave = UINT32_MAX;
	assert_int_equal(accept(START + PAGE, START + 51 * PAGE, &result), CVM_EIO);
	assert_int_equal(result.status, 0);
	assert_in_range(host.calls, 100, 10000);
	/* A call that is given up is not pending. */
	assert_int_equal(caa_page[0] & 0xff, 0);

	begin(true);
	host.info2 = UINT64_C(5);
	assert_int_equal(accept(START + PAGE, START + 51 * PAGE, &result), CVM_EIO);
	assert_int_equal(result.status, 5);
	assert_int_equal(caa_page[0] & 0xff, 0);
}

/* Part of a list, then a host that refuses: what the SVSM has done counts. */
static void refuse_later(void *ctx, struct cvm_snp_regs *regs)
{
	if (host.calls == 2)
		host.info2 = UINT64_C(1) << 32 | 5;
	on_vmgexit(ctx, regs);
}

static void test_refused_in_the_middle(void **state)
{
	struct cvm_accept_result result;

	begin(true);
	snp.config.vmgexit = refuse_later;
	host.chunk = 7;
	assert_int_equal(accept(START + PAGE, START + 51 * PAGE, &result), CVM_EIO);
	assert_int_equal(result.done, 14 * PAGE);
	assert_int_equal(result.where, START + 15 * PAGE);
	assert_int_equal(result.status, UINT64_C(1) << 32 | 5);
}

static void test_contradictions(void **state)
{
	struct cvm_accept_result result = { 0 };

	/* More entries than there are. */
	begin(true);
	host.add_to_next = 1;
	assert_int_equal(
		snp.platform.accept(&snp.platform, START + PAGE, START + 9 * PAGE, &result),
		CVM_EIO);
	assert_int_equal(result.done, 0);
	/* All are done, and yet one has failed. */
	begin(true);
	memset(&result, 0, sizeof(result));
	host.add_to_next = 1;
	host.fail_gpa = START + 8 * PAGE;
	host.fail_result = FAIL_INPUT;
	assert_int_equal(
		snp.platform.accept(&snp.platform, START + PAGE, START + 9 * PAGE, &result),
		CVM_EIO);
	assert_int_equal(result.done, 0);
	/* One has failed, and more are done than there are. */
	begin(true);
	memset(&result, 0, sizeof(result));
	host.add_to_next = 20;
	host.fail_gpa = START + 3 * PAGE;
	host.fail_result = FAIL_INPUT;
	assert_int_equal(
		snp.platform.accept(&snp.platform, START + PAGE, START + 9 * PAGE, &result),
		CVM_EIO);
	assert_int_equal(result.done, 0);
	/* Success, and not all are done. */
	begin(true);
	memset(&result, 0, sizeof(result));
	host.chunk = 5;
	host.partly = true;
	assert_int_equal(
		snp.platform.accept(&snp.platform, START + PAGE, START + 9 * PAGE, &result),
		CVM_EIO);
	assert_int_equal(result.done, 0);
	/* What was done is not any more. */
	begin(true);
	memset(&result, 0, sizeof(result));
	host.chunk = 7;
	host.go_back = 2;
	assert_int_equal(
		snp.platform.accept(&snp.platform, START + PAGE, START + 51 * PAGE, &result),
		CVM_EIO);
	assert_int_equal(result.done, 7 * PAGE);
	assert_int_equal(host.calls, 2);

	begin(true);
	host.no_caa = true;
	assert_int_equal(accept(START + PAGE, START + 9 * PAGE, &result), CVM_EINVAL);
	assert_int_equal(host.calls, 0);
}

static void put_le(uint8_t *at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int find(uint64_t base, uint64_t size, uint64_t area, unsigned version, unsigned vmpl,
		struct cvm_snp_svsm *found)
{
	static uint8_t secrets[4096];

	memset(secrets, 0xee, sizeof(secrets));
	put_le(secrets + 0x140, 8, base);
	put_le(secrets + 0x148, 8, size);
	put_le(secrets + 0x150, 8, area);
	put_le(secrets + 0x158, 4, version);
	secrets[0x15c] = (uint8_t)vmpl;
	return cvm_snp_find_svsm(secrets, found);
}

static void test_secrets(void **state)
{
	const uint64_t base = UINT64_C(0x80123456000), size = 0x81000, area = 0x812000;
	struct cvm_snp_svsm found;

	assert_int_equal(find(base, size, area, 1, 2, &found), 0);
	assert_int_equal(found.base, base);
	assert_int_equal(found.size, size);
	assert_int_equal(found.caa, area);
	assert_int_equal(found.max_version, 1);
	assert_int_equal(found.vmpl, 2);
	assert_int_equal(find(base, 0, area, 1, 2, &found), CVM_ENODEV);
	assert_int_equal(find(base + 8, size, area, 1, 2, &found), CVM_EINVAL);
	assert_int_equal(find(base, size + 8, area, 1, 2, &found), CVM_EINVAL);
	assert_int_equal(find(base, size, area + 8, 1, 2, &found), CVM_EINVAL);
	assert_int_equal(find(-PAGE, 2 * PAGE, area, 1, 2, &found), CVM_EINVAL);
	assert_int_equal(find(base, size, area, 0, 2, &found), CVM_EINVAL);
	assert_int_equal(find(base, size, area, 1, 0, &found), CVM_EINVAL);
	assert_int_equal(find(base, size, area, 1, 4, &found), CVM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_size_mismatch),
		cmocka_unit_test(test_msr_protocol),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_not_served),
		cmocka_unit_test(test_refused_in_the_middle),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
