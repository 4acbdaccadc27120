/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

struct step {
	int error;
	uint64_t done;
};

struct run {
	struct guest *guest;
	uint64_t start, end;
	struct accepted accepted, again;
	struct step shared, unshared;
	bool lost, not_zero;
	enum { TOUCH_NOTHING, TOUCH_SHARED, TOUCH_PRIVATE } touch_after_share, touch_after_unshare;
	bool returned;
};

static void touch(const struct run *run, int view)
{
	if (view == TOUCH_SHARED)
		*guest_shared(run->guest, run->start) = 1;
	else if (view == TOUCH_PRIVATE)
		*guest_private(run->guest, run->start) = 1;
}

static void round_trip(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct cvm_platform *platform;
	struct guest *guest = run->guest;

	guest_begin(guest);
	platform = guest->platform;
	run->accepted = guest_accept(guest, run->start, run->end);
	if (run->accepted.error)
		return;
	for (uint64_t gpa = run->start; gpa < run->end; gpa += KIB(64))
		*guest_private(guest, gpa) = 0xaa;

	run->shared.error = platform->set_shared(platform, run->start, run->end, &run->shared.done);
	for (uint64_t gpa = run->start; gpa < run->start + run->shared.done; gpa += KIB(64))
		*guest_shared(guest, gpa) = (uint8_t)(gpa >> 16);
	for (uint64_t gpa = run->start; gpa < run->start + run->shared.done; gpa += KIB(64))
		run->lost |= *guest_shared(guest, gpa) != (uint8_t)(gpa >> 16);
	touch(run, run->touch_after_share);

	run->unshared.error =
		platform->set_private(platform, run->start, run->end, &run->unshared.done);
	touch(run, run->touch_after_unshare);
	run->again = guest_accept(guest, run->start, run->end);
	for (uint64_t gpa = run->start; gpa < run->start + run->again.result.done; gpa += KIB(64))
		run->not_zero |= *guest_private(guest, gpa) != 0;
	run->returned = true;
}

static void check_round_trip(enum hosted_kind kind, struct run *run, bool no_ghcb)
{
	run->guest = guest_create(kind, MIB(64), NULL);
	run->guest->no_ghcb = no_ghcb;
	assert_int_equal(guest_run(run->guest, round_trip, run, 1), 0);
	assert_int_equal(run->accepted.error, 0);
	assert_int_equal(run->shared.error, 0);
	assert_int_equal(run->shared.done, run->end - run->start);
	assert_false(run->lost);
	assert_int_equal(run->unshared.error, 0);
	assert_int_equal(run->unshared.done, run->end - run->start);
	/* It was accepted before, but converting it has made that undone. */
	assert_int_equal(run->again.error, 0);
	assert_int_equal(run->again.result.done, run->end - run->start);
	assert_false(run->not_zero);
	assert_int_equal(run->guest->stats.emu.already_accepted, 0);
	guest_destroy(run->guest);
}

static void test_share_and_back(void **state)
{
	struct run run = { .start = MIB(8) - KIB(8), .end = MIB(12) + KIB(4) };

	check_round_trip(*(enum hosted_kind *)*state, &run, false);
}

/* More entries than one request holds, and more bytes than one MapGPA call converts. */
static void test_many_entries(void **state)
{
	struct run run = { .start = MIB(8) + KIB(4), .end = MIB(10) - KIB(4) };

	check_round_trip(*(enum hosted_kind *)*state, &run, false);
	run = (struct run){ .start = MIB(8) + KIB(4), .end = MIB(40) };
	check_round_trip(*(enum hosted_kind *)*state, &run, false);
}

static void test_msr_protocol(void **state)
{
	struct run run = { .start = MIB(8) - KIB(8), .end = MIB(10) + KIB(4) };

	check_round_trip(HOSTED_SNP, &run, true);
}

static void check_caught(enum hosted_kind kind, struct run run, bool shared_view, const char *name)
{
	run.start = MIB(8);
	run.end = MIB(10);
	run.guest = guest_create(kind, MIB(64), NULL);
	assert_int_equal(guest_run(run.guest, round_trip, &run, 1), -1);
	assert_false(run.returned);
	assert_true(run.guest->report.violation);
	assert_int_equal(run.guest->report.gpa, MIB(8));
	assert_int_equal(run.guest->report.shared_view, shared_view);
	assert_string_equal(run.guest->report.state, name);
	guest_destroy(run.guest);
}

static void test_touches_in_between(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	const char *shared = kind == HOSTED_TDX ? emu_page_state_name(EMU_TDX, EMU_PAGE_SHARED)
						: emu_page_state_name(EMU_SNP, EMU_PAGE_SHARED);
	const char *private = kind == HOSTED_TDX ? emu_page_state_name(EMU_TDX, EMU_PAGE_FREE)
						 : emu_page_state_name(EMU_SNP, EMU_PAGE_FREE);

	check_caught(kind, (struct run){ .touch_after_share = TOUCH_PRIVATE }, false, shared);
	check_caught(kind, (struct run){ .touch_after_unshare = TOUCH_PRIVATE }, false, private);
	check_caught(kind, (struct run){ .touch_after_unshare = TOUCH_SHARED }, true, private);
}

/* Sharing what the guest has not validated is refused before the host is asked. */
static void share_unaccepted(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct cvm_platform *platform;

	guest_begin(run->guest);
	platform = run->guest->platform;
	guest_accept(run->guest, MIB(8), MIB(8) + KIB(4));
	run->shared.error =
		platform->set_shared(platform, MIB(8), MIB(8) + KIB(8), &run->shared.done);
}

static void test_share_unaccepted(void **state)
{
	struct run run = { .guest = guest_create(HOSTED_SNP, MIB(64), NULL) };

	assert_int_equal(guest_run(run.guest, share_unaccepted, &run, 1), 0);
	assert_int_equal(run.shared.error, CVM_EIO);
	assert_int_equal(run.shared.done, 0);
	guest_destroy(run.guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_share_and_back),
		BOTH(test_many_entries),
		cmocka_unit_test(test_msr_protocol),
		BOTH(test_touches_in_between),
		cmocka_unit_test(test_share_unaccepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
