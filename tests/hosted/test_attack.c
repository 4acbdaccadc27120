/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <string.h>

#include <cvmem/accept.h>

/* What a guest reads, and what it is told, after the host has misbehaved. */

struct run {
	struct guest *guest;
	struct emu_attack attack;
	enum emu_attack_kind strike; /* after the memory was written */
	uint64_t start, end;
	struct accepted accepted;
	int error;
	uint64_t done;
	enum cvm_verdict verdict;
	unsigned asked; /* for a verdict */
	bool read;	/* all of the memory */
	bool lost;
	bool returned;
};

static uint8_t content(uint64_t gpa)
{
	return (uint8_t)(gpa >> 12 ^ 0x5a);
}

static void create(struct run *run, enum hosted_kind kind, enum emu_attack_kind attack)
{
	memset(run, 0, sizeof(*run));
	run->guest = guest_create(kind, MIB(32), NULL);
	run->attack = (struct emu_attack){ attack, 1, EMU_ATTACK_ANYWHERE };
	run->start = MIB(4);
	run->end = MIB(8);
}

static void accept_and_use(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct guest *guest = run->guest;

	guest_begin(guest);
	emu_attack_arm(hosted_emu(guest->machine), &run->attack);
	run->accepted = guest_accept(guest, run->start, run->end);
	if (run->accepted.error) {
		run->returned = true;
		return;
	}
	for (uint64_t gpa = run->start; gpa < run->end; gpa += KIB(4))
		*guest_private(guest, gpa) = content(gpa);
	if (run->strike &&
	    !emu_attack_inject(hosted_emu(guest->machine), run->strike, run->start + KIB(20)))
		return;
	for (uint64_t gpa = run->start; gpa < run->end; gpa += KIB(4))
		run->lost |= *guest_private(guest, gpa) != content(gpa);
	run->read = run->returned = true;
}

static void test_survives(void **state)
{
	static const enum emu_attack_kind kinds[] = { EMU_ATTACK_BUSY, EMU_ATTACK_4K_ONLY,
						      EMU_ATTACK_INTERRUPT_2M,
						      EMU_ATTACK_ZERO_STEP };
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run;

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		create(&run, kind, kinds[i]);
		assert_int_equal(guest_run(run.guest, accept_and_use, &run, 1), 0);
		assert_int_equal(run.accepted.error, 0);
		assert_true(run.read);
		assert_false(run.lost);
		guest_destroy(run.guest);
	}
}

static void test_gives_up(void **state)
{
	static const enum emu_attack_kind kinds[] = { EMU_ATTACK_SIZE_MISMATCH,
						      EMU_ATTACK_BUSY_FOREVER };
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run;

	for (unsigned i = 0; i < (kind == HOSTED_TDX ? 2 : 1); i++) {
		create(&run, kind, kinds[i]);
		assert_int_equal(guest_run(run.guest, accept_and_use, &run, 1), 0);
		assert_int_equal(run.accepted.error, CVM_EIO);
		assert_int_equal(run.accepted.result.done, 0);
		assert_int_equal(run.accepted.result.where, run.start);
		assert_true(run.returned);
		guest_destroy(run.guest);
	}
}

/* Taken after it was written: the next touch is the last, and reads nothing. */
static void test_taken(void **state)
{
	static const enum emu_attack_kind kinds[] = { EMU_ATTACK_REMOVE, EMU_ATTACK_REMAP,
						      EMU_ATTACK_SWAP };
	static const enum emu_page_state states[] = { EMU_PAGE_PENDING, EMU_PAGE_FREE,
						      EMU_PAGE_PENDING };
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run;

	for (unsigned i = 0; i < (kind == HOSTED_TDX ? 2 : 3); i++) {
		create(&run, kind, EMU_ATTACK_NONE);
		run.strike = kinds[i];
		assert_int_equal(guest_run(run.guest, accept_and_use, &run, 1), -1);
		assert_true(run.guest->report.violation);
		assert_false(run.guest->report.write);
		/* The 2 MiB page that was struck begins there. */
		assert_int_equal(run.guest->report.gpa, run.start);
		assert_false(run.read);
		assert_int_equal(emu_machine_state(hosted_emu(run.guest->machine), run.start),
				 states[i]);
		assert_int_equal(
			emu_machine_state(hosted_emu(run.guest->machine), run.start + MIB(2)),
			EMU_PAGE_MAPPED);
		guest_destroy(run.guest);
	}
}

/* The module moves the content with the address. */
static void test_relocated(void **state)
{
	struct run run;

	create(&run, HOSTED_TDX, EMU_ATTACK_NONE);
	run.strike = EMU_ATTACK_SWAP;
	assert_int_equal(guest_run(run.guest, accept_and_use, &run, 1), 0);
	assert_true(run.read);
	assert_false(run.lost);
	guest_destroy(run.guest);
}

static enum cvm_verdict on_attack(void *ctx, enum cvm_attack what, uint64_t gpa, uint64_t status)
{
	struct run *run = ctx;

	run->asked += what == CVM_ATTACK_ALREADY_ACCEPTED && gpa == run->start && status;
	return run->verdict;
}

/* By the library: the guest stops, unless its policy is another. */
static void accept_by_library(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	union {
		struct cvm_table table;
		uint8_t bytes[CVM_TABLE_HEADER + 8];
	} storage;
	struct cvm_claim claims[1];
	struct cvm_acceptor acceptor;
	const struct cvm_table_plan plan = {
		.base = MIB(4),
		.end = MIB(20),
		.unit_size = MIB(2),
		.bytes = sizeof(storage),
	};
	const struct cvm_host host = { .on_attack = on_attack, .ctx = run };
	struct cvm_acceptor_config config = {
		.table = &storage.table,
		.claims = claims,
		.host = run->verdict == CVM_VERDICT_CONTINUE ? &host : NULL,
	};

	guest_begin(run->guest);
	config.platform = run->guest->platform;
	emu_attack_arm(hosted_emu(run->guest->machine), &run->attack);
	if (cvm_table_init(&storage.table, sizeof(storage), &plan))
		return;
	storage.table.bitmap[0] = 0xff;
	if (cvm_acceptor_init(&acceptor, &config))
		return;
	run->error = cvm_accept(&acceptor, run->start, run->end, CVM_CAUSE_PAGES);
	run->returned = true;
}

static void test_already_accepted(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run;

	create(&run, kind, EMU_ATTACK_ALREADY_ACCEPTED);
	assert_int_equal(guest_run(run.guest, accept_by_library, &run, 1), -1);
	assert_int_equal(run.guest->report.stop.cause, EMU_STOP_GUEST_REQUEST);
	assert_int_equal(run.guest->report.stop.code,
			 kind == HOSTED_TDX ? UINT64_C(1) << 32 : 0xc | 1 << 4);
	assert_false(run.returned);
	assert_int_equal(run.guest->stats.emu.already_accepted, 1);
	/* It was the first of two units: the second one was not asked for any more. */
	assert_int_equal(run.guest->stats.emu.accepted_bytes, 0);
	guest_destroy(run.guest);

	create(&run, kind, EMU_ATTACK_ALREADY_ACCEPTED);
	run.verdict = CVM_VERDICT_CONTINUE;
	assert_int_equal(guest_run(run.guest, accept_by_library, &run, 1), 0);
	assert_true(run.returned);
	assert_int_equal(run.error, 0);
	assert_int_equal(run.asked, 1);
	guest_destroy(run.guest);
}

/* Convert the second half of what was accepted; the first half is not to be concerned. */
static void share(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct guest *guest = run->guest;
	struct cvm_platform *platform;
	uint64_t middle = run->start + (run->end - run->start) / 2;

	guest_begin(guest);
	platform = guest->platform;
	run->accepted = guest_accept(guest, run->start, run->end);
	for (uint64_t gpa = run->start; gpa < middle; gpa += KIB(4))
		*guest_private(guest, gpa) = content(gpa);
	emu_attack_arm(hosted_emu(guest->machine), &run->attack);
	run->error = platform->set_shared(platform, middle, run->end, &run->done);
	for (uint64_t gpa = run->start; gpa < middle; gpa += KIB(4))
		run->lost |= *guest_private(guest, gpa) != content(gpa);
	run->read = true;
	if (!run->error)
		*guest_shared(guest, middle) = 1;
	run->returned = true;
}

static void test_retry(void **state)
{
	static const enum emu_attack_kind kinds[] = { EMU_ATTACK_RETRY_STALL, EMU_ATTACK_RETRY_PAST,
						      EMU_ATTACK_RETRY_BACK,
						      EMU_ATTACK_RETRY_UNALIGNED };
	enum hosted_kind kind = *(enum hosted_kind *)*state;

	for (unsigned i = 0; i < (kind == HOSTED_TDX ? 4 : 3); i++) {
		struct run run;

		create(&run, kind, kinds[i]);
		run.end = MIB(12);
		assert_int_equal(guest_run(run.guest, share, &run, 1), 0);
		assert_int_equal(run.accepted.error, 0);
		assert_int_equal(run.error, CVM_EIO);
		assert_true(run.done <= MIB(4));
		assert_true(run.read && run.returned);
		assert_false(run.lost);
		/* What it says to be done is done. */
		for (uint64_t gpa = MIB(8); gpa < MIB(8) + run.done; gpa += KIB(4))
			assert_int_equal(emu_machine_state(hosted_emu(run.guest->machine), gpa),
					 EMU_PAGE_SHARED);
		guest_destroy(run.guest);
	}
}

static void test_lie(void **state)
{
	struct run run;

	create(&run, *(enum hosted_kind *)*state, EMU_ATTACK_PSC_LIE);
	assert_int_equal(guest_run(run.guest, share, &run, 1), -1);
	assert_int_equal(run.error, 0);
	assert_true(run.read);
	assert_false(run.lost);
	assert_true(run.guest->report.violation && run.guest->report.shared_view);
	assert_int_equal(run.guest->report.gpa, MIB(6));
	guest_destroy(run.guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_survives),
		BOTH(test_gives_up),
		BOTH(test_taken),
		BOTH(test_already_accepted),
		BOTH(test_retry),
		BOTH(test_lie),
		cmocka_unit_test(test_relocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
