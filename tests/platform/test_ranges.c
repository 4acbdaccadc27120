/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <string.h>

#include <cvmem/accept.h>

/* Large ranges in one call: exits to the host are counted, and results are exact also where a call
 * is cut short. At VMPL 0 and under an SVSM. */

#define CAA KIB(256) /* in the launch content */

struct range {
	struct guest *guest;
	uint64_t start, end, start_2, end_2; /* start_2: accepted before the other */
	uint64_t run_bytes;
	struct accepted accepted;
	unsigned exits; /* of the second call */
	int shared, again;
	uint64_t done;
	bool wrong_content;
};

static void accept_entry(unsigned vcpu, void *arg)
{
	struct range *range = arg;
	struct guest *guest = range->guest;

	guest_begin(guest);
	if (range->end_2)
		guest_accept(guest, range->start_2, range->end_2);
	guest->vmgexits = 0;
	range->accepted = guest_accept(guest, range->start, range->end);
	range->exits = guest->vmgexits;
}

static void run(struct range *range, enum hosted_kind kind, uint64_t ram,
		const struct hosted_config *options, void (*entry)(unsigned vcpu, void *arg))
{
	range->guest = guest_create(kind, ram, options);
	assert_int_equal(guest_run(range->guest, entry, range, 1), 0);
}

static void expect(const struct range *range, int error, uint64_t small, uint64_t large,
		   uint64_t fallbacks)
{
	const struct cvm_accept_result *result = &range->accepted.result;

	assert_int_equal(range->accepted.error, error);
	assert_int_equal(result->accepted[CVM_LEVEL_4K], small);
	assert_int_equal(result->accepted[CVM_LEVEL_2M], large);
	assert_int_equal(result->fallbacks[CVM_LEVEL_2M], fallbacks);
	assert_int_equal(result->done, KIB(4) * small + MIB(2) * large);
}

/* The goal: 512 entries of 2 MiB, 253 in a request. */
static void test_gigabyte_in_three_exits(void **state)
{
	struct range range = { .start = GIB(1), .end = GIB(2) };

	run(&range, HOSTED_SNP, GIB(3), NULL, accept_entry);
	expect(&range, 0, 0, 512, 0);
	assert_int_equal(range.exits, 3);
	guest_destroy(range.guest);
}

/* By cvm_accept(), in runs of 1 GiB and of the default length; Linux's file: 8. */
static void acceptor_entry(unsigned vcpu, void *arg)
{
	static union {
		struct cvm_table table;
		uint64_t words[CVM_TABLE_HEADER / 8 + 8];
	} storage;
	static struct cvm_claim claims[1];
	static struct cvm_acceptor acceptor;
	struct range *range = arg;
	struct cvm_acceptor_config config = {
		.table = &storage.table,
		.run_bytes = range->run_bytes,
	};

	guest_begin(range->guest);
	config.platform = range->guest->platform;
	memset(&storage, 0xff, sizeof(storage));
	storage.table.version = CVM_TABLE_VERSION;
	storage.table.unit_size = MIB(2);
	storage.table.phys_base = range->start;
	storage.table.size = 64;
	range->accepted.error = cvm_acceptor_init(&acceptor, &config);
	if (cvm_claims_bytes(&storage.table) > sizeof(claims))
		range->accepted.error = CVM_ENOSPC;
	if (range->accepted.error)
		return;
	cvm_acceptor_set_claims(&acceptor, claims);
	range->guest->vmgexits = 0;
	range->accepted.error = cvm_accept(&acceptor, range->start, range->end, CVM_CAUSE_PAGES);
	range->exits = range->guest->vmgexits;
	range->done = range->end - range->start - cvm_unaccepted_bytes(&acceptor);
}

static void test_gigabyte_in_runs(void **state)
{
	const struct {
		uint64_t bytes;
		unsigned exits;
	} runs[] = { { GIB(1), 3 }, { 0, 8 }, { MIB(2), 512 } };

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct range range = {
			.start = GIB(1),
			.end = GIB(2),
			.run_bytes = runs[i].bytes,
		};

		run(&range, HOSTED_SNP, GIB(3), NULL, acceptor_entry);
		assert_int_equal(range.accepted.error, 0);
		assert_int_equal(range.done, GIB(1));
		assert_int_equal(range.exits, runs[i].exits);
		assert_int_equal(range.guest->stats.emu.accepted[1], 512);
		guest_destroy(range.guest);
	}
}

static void test_unaligned_gigabyte(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct range range = { .start = GIB(1) - KIB(12), .end = GIB(2) + MIB(2) + KIB(20) };

	run(&range, kind, GIB(3), NULL, accept_entry);
	expect(&range, 0, 3 + 5, 513, 0);
	/* 521 entries. */
	assert_int_equal(range.exits, kind == HOSTED_SNP ? 3 : 0);
	assert_int_equal(range.accepted.result.fallbacks[CVM_LEVEL_1G], kind == HOSTED_TDX);
	guest_destroy(range.guest);
}

/* The host converts 2 MiB at a time, and has 4 KiB pages. */
static void test_4k_only(void **state)
{
	const struct hosted_config options = {
		.vcpus = 1,
		.host_4k_only = true,
		.coherency_sfw_no = true,
	};
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct range range = { .start = MIB(4), .end = MIB(68) };

	run(&range, kind, MIB(128), &options, accept_entry);
	expect(&range, 0, 32 * 512, 0, 32);
	assert_int_equal(range.exits, kind == HOSTED_SNP ? 1 : 0);
	guest_destroy(range.guest);
}

/* A page far inside was accepted before: what is in front of it is done, and exactly that. */
static void test_cut_short(void **state)
{
	struct range range = {
		.start = MIB(4) - KIB(8),
		.end = MIB(1200),
		.start_2 = MIB(900) + KIB(40),
		.end_2 = MIB(900) + KIB(44),
	};

	run(&range, *(enum hosted_kind *)*state, GIB(2), NULL, accept_entry);
	expect(&range, CVM_EALREADY, 2 + 10, 448, 1);
	assert_int_equal(range.accepted.result.where, MIB(900) + KIB(40));
	assert_int_equal(range.accepted.result.where_bytes, KIB(4));
	guest_destroy(range.guest);
}

static const struct hosted_config svsm = {
	.vcpus = 1,
	.coherency_sfw_no = true,
	.vmpl = 2,
	.caa = CAA,
};

/* A VMGEXIT for each page-state change, and one for each list of the SVSM. */
static void test_svsm_gigabyte(void **state)
{
	struct range range = { .start = GIB(1), .end = GIB(2) };

	run(&range, HOSTED_SNP, GIB(3), &svsm, accept_entry);
	expect(&range, 0, 0, 512, 0);
	assert_int_equal(range.exits, 6);
	assert_int_equal(range.guest->stats.emu.accepted[1], 512);
	guest_destroy(range.guest);
}

static void test_svsm_4k_only(void **state)
{
	struct hosted_config options = svsm;
	struct range range = { .start = MIB(4), .end = MIB(24) };

	options.host_4k_only = true;
	run(&range, HOSTED_SNP, MIB(64), &options, accept_entry);
	expect(&range, 0, 10 * 512, 0, 10);
	guest_destroy(range.guest);
}

static void test_svsm_cut_short(void **state)
{
	struct range range = {
		.start = MIB(4) - KIB(8),
		.end = MIB(1200),
		.start_2 = MIB(900) + KIB(40),
		.end_2 = MIB(900) + KIB(44),
	};

	run(&range, HOSTED_SNP, GIB(2), &svsm, accept_entry);
	expect(&range, CVM_EALREADY, 2 + 10, 448, 1);
	assert_int_equal(range.accepted.result.where, MIB(900) + KIB(40));
	assert_int_equal(range.accepted.result.status, 0x80001010);
	guest_destroy(range.guest);
}

/* By the MSR protocol alone, both for page states and for the SVSM. */
static void msr_entry(unsigned vcpu, void *arg)
{
	((struct range *)arg)->guest->no_ghcb = true;
	accept_entry(vcpu, arg);
}

static void test_svsm_msr(void **state)
{
	struct range range = { .start = MIB(4), .end = MIB(4) + KIB(80) };

	run(&range, HOSTED_SNP, MIB(64), &svsm, msr_entry);
	expect(&range, 0, 20, 0, 0);
	assert_int_equal(range.exits, 20 + 1);
	guest_destroy(range.guest);
}

/* Private, shared, private again: reads and writes reach the page, and the SVSM's lists do not
 * change it. */
static void convert_entry(unsigned vcpu, void *arg)
{
	struct range *range = arg;
	struct guest *guest = range->guest;
	struct cvm_platform *platform;
	uint64_t gpa = MIB(6) + KIB(4);

	guest_begin(guest);
	platform = guest->platform;
	range->accepted = guest_accept(guest, MIB(6), MIB(8));
	*guest_private(guest, gpa) = 0x5a;
	range->shared = platform->set_shared(platform, gpa, gpa + KIB(8), &range->done);
	*guest_shared(guest, gpa) = 0x77;
	range->wrong_content = *guest_shared(guest, gpa) != 0x77;
	if (!range->shared)
		range->shared = platform->set_private(platform, gpa, gpa + KIB(8), &range->done);
	range->again = guest_accept(guest, gpa, gpa + KIB(8)).error;
	*guest_private(guest, gpa) = 0x33;
	range->wrong_content |= *guest_private(guest, gpa) != 0x33;
}

static void test_svsm_convert(void **state)
{
	struct range range = { 0 };

	run(&range, HOSTED_SNP, MIB(64), &svsm, convert_entry);
	assert_int_equal(range.accepted.error, 0);
	assert_int_equal(range.shared, 0);
	assert_int_equal(range.done, KIB(8));
	assert_int_equal(range.again, 0);
	assert_false(range.wrong_content);
	guest_destroy(range.guest);
}

/* Each vCPU has a calling area. */
static void each_entry(unsigned vcpu, void *arg)
{
	struct range *range = arg;
	struct guest *guest = range->guest;
	static unsigned ready;

	if (!vcpu) {
		guest_begin(guest);
		__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	} else {
		while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
			hosted_relax(NULL);
		guest_begin_vcpu(guest);
	}
	for (unsigned i = 0; i < 20; i++) {
		uint64_t gpa = MIB(4) + MIB(2) * (4 * i + vcpu);

		if (guest_accept(guest, gpa, gpa + MIB(2)).error)
			__atomic_fetch_add(&range->exits, 1, __ATOMIC_RELAXED);
		*guest_private(guest, gpa + KIB(4)) = 1;
	}
}

static void test_svsm_vcpus(void **state)
{
	struct hosted_config options = svsm;
	struct range range = { 0 };

	options.vcpus = 4;
	range.guest = guest_create(HOSTED_SNP, MIB(256), &options);
	assert_int_equal(guest_run(range.guest, each_entry, &range, 4), 0);
	assert_int_equal(range.exits, 0);
	assert_int_equal(range.guest->stats.emu.accepted[1], 80);
	guest_destroy(range.guest);
}

/* Above VMPL 0 the guest's own PVALIDATE is a fault. */
static void own_entry(unsigned vcpu, void *arg)
{
	struct range *range = arg;

	range->guest->vmpl = 0; /* configured without the SVSM */
	accept_entry(vcpu, arg);
}

static void test_svsm_ignored(void **state)
{
	struct range range = { .start = MIB(4), .end = MIB(6) };

	range.guest = guest_create(HOSTED_SNP, MIB(64), &svsm);
	range.guest->no_ghcb = true;
	assert_int_equal(guest_run(range.guest, own_entry, &range, 1), -1);
	assert_non_null(strstr(range.guest->report.stop.text, "#GP"));
	guest_destroy(range.guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gigabyte_in_three_exits),
		cmocka_unit_test(test_gigabyte_in_runs),
		BOTH(test_unaligned_gigabyte),
		BOTH(test_4k_only),
		BOTH(test_cut_short),
		cmocka_unit_test(test_svsm_gigabyte),
		cmocka_unit_test(test_svsm_4k_only),
		cmocka_unit_test(test_svsm_cut_short),
		cmocka_unit_test(test_svsm_msr),
		cmocka_unit_test(test_svsm_convert),
		cmocka_unit_test(test_svsm_vcpus),
		cmocka_unit_test(test_svsm_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
