/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

/* Accept two ranges, one after the other. */
struct run {
	struct guest *guest;
	uint64_t start[2], end[2];
	struct accepted accepted[2];
	bool not_zero, lost;
};

static void accept_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;

	guest_begin(run->guest);
	for (unsigned i = 0; i < 2 && run->end[i]; i++)
		run->accepted[i] = guest_accept(run->guest, run->start[i], run->end[i]);
}

static void check(const struct accepted *accepted, uint64_t pages_4k, uint64_t pages_2m,
		  uint64_t refused_2m)
{
	assert_int_equal(accepted->error, 0);
	assert_int_equal(accepted->result.accepted[CVM_LEVEL_4K], pages_4k);
	assert_int_equal(accepted->result.accepted[CVM_LEVEL_2M], pages_2m);
	assert_int_equal(accepted->result.accepted[CVM_LEVEL_1G], 0);
	assert_int_equal(accepted->result.fallbacks[CVM_LEVEL_2M], refused_2m);
	assert_int_equal(accepted->result.done, pages_4k * KIB(4) + pages_2m * MIB(2));
}

static void test_levels(void **state)
{
	struct run run = {
		.start = { MIB(4) - KIB(12) },
		.end = { MIB(10) + KIB(8) },
	};

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	check(&run.accepted[0], 3 + 2, 3, 0);
	assert_int_equal(run.guest->stats.emu.accepted[0], 5);
	assert_int_equal(run.guest->stats.emu.accepted[1], 3);
	assert_int_equal(run.guest->stats.emu.accepted_bytes, MIB(6) + KIB(20));
	assert_int_equal(run.guest->stats.emu.size_mismatch, 0);
	assert_int_equal(run.guest->stats.emu.already_accepted, 0);
	guest_destroy(run.guest);
}

static void test_gigabyte(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct run run = { .start = { GIB(1) }, .end = { GIB(3) } };

	run.guest = guest_create(kind, GIB(3), NULL);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	check(&run.accepted[0], 0, 1024, 0);
	/* Once refused as an invalid operand, 1 GiB is not tried again. */
	assert_int_equal(run.accepted[0].result.fallbacks[CVM_LEVEL_1G],
			 kind == HOSTED_TDX ? 1 : 0);
	guest_destroy(run.guest);
}

static void test_unaccepted_counter(void **state)
{
	struct run run = { .start = { MIB(2) }, .end = { MIB(5) } };

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	/* Without GHCBs all that changes is what is accepted here. */
	run.guest->no_ghcb = true;
	hosted_stats(run.guest->machine, &run.guest->stats);
	assert_int_equal(run.guest->stats.emu.unaccepted_bytes, MIB(15));
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	assert_int_equal(run.guest->stats.emu.unaccepted_bytes, MIB(12));
	guest_destroy(run.guest);
}

static void test_host_4k_only(void **state)
{
	const struct hosted_config options = {
		.vcpus = 1,
		.host_4k_only = true,
		.coherency_sfw_no = true,
	};
	struct run run = { .start = { MIB(4) - KIB(4) }, .end = { MIB(8) } };

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), &options);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	check(&run.accepted[0], 1 + 2 * 512, 0, 2);
	assert_int_equal(run.guest->stats.emu.size_mismatch, 2);
	assert_int_equal(run.guest->stats.emu.accepted[0], 1 + 2 * 512);
	assert_int_equal(run.guest->stats.emu.accepted[1], 0);
	guest_destroy(run.guest);
}

static void test_accept_twice(void **state)
{
	struct run run = {
		.start = { MIB(6), MIB(4) },
		.end = { MIB(8), MIB(8) },
	};

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	check(&run.accepted[0], 0, 1, 0);
	assert_int_equal(run.accepted[1].error, CVM_EALREADY);
	assert_int_equal(run.accepted[1].result.done, MIB(2));
	assert_int_equal(run.accepted[1].result.where, MIB(6));
	assert_int_equal(run.accepted[1].result.where_bytes, MIB(2));
	assert_int_not_equal(run.accepted[1].result.status, 0);
	assert_int_equal(run.guest->stats.emu.already_accepted, 1);
	guest_destroy(run.guest);
}

/* One 4 KiB page in the middle of a block was accepted before. */
static void test_accept_twice_inside_a_block(void **state)
{
	struct run run = {
		.start = { MIB(4) + KIB(64), MIB(4) },
		.end = { MIB(4) + KIB(68), MIB(6) },
	};

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	check(&run.accepted[0], 1, 0, 0);
	assert_int_equal(run.accepted[1].error, CVM_EALREADY);
	assert_int_equal(run.accepted[1].result.where, MIB(4) + KIB(64));
	assert_int_equal(run.accepted[1].result.where_bytes, KIB(4));
	assert_int_equal(run.accepted[1].result.done, KIB(64));
	guest_destroy(run.guest);
}

static void test_refuses_odd_ranges(void **state)
{
	struct run run = {
		.start = { MIB(4) + 1, MIB(6) },
		.end = { MIB(6), MIB(4) },
	};

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	assert_int_equal(run.accepted[0].error, CVM_EINVAL);
	assert_int_equal(run.accepted[1].error, CVM_EINVAL);
	assert_int_equal(run.guest->stats.emu.accepted_bytes, 0);
	guest_destroy(run.guest);
}

/* The first touch reads zero; what is written stays while other memory is accepted. */
static void content_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct guest *guest = run->guest;

	guest_begin(guest);
	run->accepted[0] = guest_accept(guest, MIB(2), MIB(4) + KIB(8));
	for (uint64_t gpa = MIB(2); gpa < MIB(4) + KIB(8); gpa += 512) {
		run->not_zero |= *guest_private(guest, gpa) != 0;
		*guest_private(guest, gpa) = (uint8_t)(gpa >> 9);
	}
	run->accepted[1] = guest_accept(guest, MIB(4) + KIB(8), MIB(6));
	for (uint64_t gpa = MIB(2); gpa < MIB(4) + KIB(8); gpa += 512)
		run->lost |= *guest_private(guest, gpa) != (uint8_t)(gpa >> 9);
}

static void test_content(void **state)
{
	struct run run = { 0 };

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	assert_int_equal(guest_run(run.guest, content_entry, &run, 1), 0);
	check(&run.accepted[0], 2, 1, 0);
	check(&run.accepted[1], 510, 0, 0);
	assert_false(run.not_zero);
	assert_false(run.lost);
	guest_destroy(run.guest);
}

/* With coherency reads every page is read after, and never before, its validation. */
static void test_coherency_reads(void **state)
{
	const struct hosted_config options = { .vcpus = 1, .coherency_sfw_no = false };
	struct run run = { .start = { MIB(4) - KIB(4) }, .end = { MIB(6) } };

	run.guest = guest_create(HOSTED_SNP, MIB(16), &options);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, 1), 0);
	check(&run.accepted[0], 1, 1, 0);
	guest_destroy(run.guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_levels),
		BOTH(test_gigabyte),
		BOTH(test_unaccepted_counter),
		BOTH(test_host_4k_only),
		BOTH(test_accept_twice),
		BOTH(test_accept_twice_inside_a_block),
		BOTH(test_refuses_odd_ranges),
		BOTH(test_content),
		cmocka_unit_test(test_coherency_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
