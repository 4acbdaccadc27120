/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <time.h>

#define VCPUS 8

struct run {
	struct guest *guest;
	struct accepted accepted[VCPUS];
	bool lost[VCPUS];
	bool began, returned[VCPUS];
	unsigned inside;
};

static const struct hosted_config options = { .vcpus = VCPUS, .coherency_sfw_no = true };

/* vCPU 0 brings the platform up, the others wait for it. */
static void begin(struct run *run, unsigned vcpu)
{
	if (vcpu == 0) {
		guest_begin(run->guest);
		__atomic_store_n(&run->began, true, __ATOMIC_RELEASE);
	}
	while (!__atomic_load_n(&run->began, __ATOMIC_ACQUIRE))
		hosted_relax(NULL);
	if (vcpu)
		guest_begin_vcpu(run->guest);
}

/* Every eighth 2 MiB block and, behind them, a run of single pages that is all its own. */
static void accept_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	struct guest *guest = run->guest;
	uint64_t small = MIB(128) + MIB(vcpu) / 2;

	begin(run, vcpu);
	for (uint64_t gpa = MIB(2) * (vcpu + 1); gpa < MIB(128); gpa += MIB(2) * VCPUS) {
		struct accepted accepted = guest_accept(guest, gpa, gpa + MIB(2));

		run->accepted[vcpu].error |= accepted.error;
		run->accepted[vcpu].result.done += accepted.result.done;
		*guest_private(guest, gpa) = (uint8_t)(vcpu + 1);
		*guest_private(guest, gpa + MIB(2) - 1) = (uint8_t)(vcpu + 1);
	}
	for (uint64_t gpa = small; gpa < small + KIB(512); gpa += KIB(4)) {
		run->accepted[vcpu].error |= guest_accept(guest, gpa, gpa + KIB(4)).error;
		*guest_private(guest, gpa) = (uint8_t)(vcpu + 1);
	}
	for (uint64_t gpa = MIB(2) * (vcpu + 1); gpa < MIB(128); gpa += MIB(2) * VCPUS) {
		run->lost[vcpu] |= *guest_private(guest, gpa) != vcpu + 1;
		run->lost[vcpu] |= *guest_private(guest, gpa + MIB(2) - 1) != vcpu + 1;
	}
}

static void test_disjoint_ranges(void **state)
{
	struct run run = { 0 };

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(256), &options);
	assert_int_equal(guest_run(run.guest, accept_entry, &run, VCPUS), 0);
	for (unsigned i = 0; i < VCPUS; i++) {
		assert_int_equal(run.accepted[i].error, 0);
		assert_false(run.lost[i]);
	}
	assert_int_equal(run.guest->stats.emu.accepted[1], 63);
	assert_int_equal(run.guest->stats.emu.accepted[0], VCPUS * 128);
	assert_int_equal(run.guest->stats.emu.already_accepted, 0);
	guest_destroy(run.guest);
}

/* All are inside when vCPU 3 breaks the rules; some spin, some execute instructions that trap. */
static void stopped_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;

	begin(run, vcpu);
	__atomic_fetch_add(&run->inside, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&run->inside, __ATOMIC_ACQUIRE) < VCPUS)
		hosted_relax(NULL);
	if (vcpu == 3)
		*guest_private(run->guest, MIB(200)) = 1;
	for (uint64_t gpa = MIB(2) * (vcpu + 1); vcpu % 2 && vcpu != 3;) {
		guest_accept(run->guest, gpa, gpa + KIB(4));
		gpa += KIB(4);
		if (gpa % MIB(2) == 0)
			break;
	}
	while (vcpu != 3)
		hosted_relax(NULL);
	run->returned[vcpu] = true;
}

static void test_stop_stops_all(void **state)
{
	struct run run = { 0 };

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(256), &options);
	assert_int_equal(guest_run(run.guest, stopped_entry, &run, VCPUS), -1);
	assert_true(run.guest->report.violation);
	assert_int_equal(run.guest->report.stop.vcpu, 3);
	assert_int_equal(run.guest->report.gpa, MIB(200));
	assert_int_equal(run.guest->stats.violations, 1);
	for (unsigned i = 0; i < VCPUS; i++)
		assert_false(run.returned[i]);
	guest_destroy(run.guest);
}

static void whoami_entry(unsigned vcpu, void *arg)
{
	struct run *run = arg;

	run->returned[vcpu] = hosted_vcpu() == vcpu && hosted_current() == run->guest->machine;
}

static void test_identity(void **state)
{
	struct run run = { 0 };

	run.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), &options);
	assert_null(hosted_current());
	assert_int_equal(guest_run(run.guest, whoami_entry, &run, 5), 0);
	for (unsigned i = 0; i < VCPUS; i++)
		assert_int_equal(run.returned[i], i < 5);
	/* A machine that has not stopped runs again; more vCPUs than it has stop it. */
	assert_int_equal(guest_run(run.guest, whoami_entry, &run, VCPUS), 0);
	assert_true(run.returned[VCPUS - 1]);
	assert_int_equal(guest_run(run.guest, whoami_entry, &run, VCPUS + 1), -1);
	assert_int_equal(run.guest->report.stop.cause, EMU_STOP_FAILED);
	guest_destroy(run.guest);
}

/* Accept some 2 MiB blocks for each vCPU; when vCPU 0 began is kept. */
struct costs {
	struct run run;
	uint64_t blocks;
	struct timespec began;
	uint64_t virtual_ns[2];
};

static void cost_entry(unsigned vcpu, void *arg)
{
	struct costs *costs = arg;
	uint64_t start = MIB(2) + MIB(2) * costs->blocks * vcpu;

	begin(&costs->run, vcpu);
	if (vcpu == 0)
		clock_gettime(CLOCK_MONOTONIC, &costs->began);
	costs->run.accepted[vcpu] =
		guest_accept(costs->run.guest, start, start + MIB(2) * costs->blocks);
	costs->virtual_ns[vcpu] = hosted_vcpu_ns();
}

/* The modelled time is a lower bound: a run does not end before it is spent. */
static void check_cost(enum hosted_kind kind, uint64_t blocks, uint64_t ns_per_4k)
{
	const struct hosted_config costly = {
		.vcpus = 2,
		.coherency_sfw_no = true,
		.accept_ns_per_4k = ns_per_4k,
	};
	struct costs costs = { .blocks = blocks };
	struct timespec end;
	int64_t taken;

	costs.run.guest = guest_create(kind, MIB(64), &costly);
	assert_int_equal(guest_run(costs.run.guest, cost_entry, &costs, 2), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	taken = (end.tv_sec - costs.began.tv_sec) * INT64_C(1000000000) + end.tv_nsec -
		costs.began.tv_nsec;
	assert_int_equal(costs.run.accepted[1].result.done, MIB(2) * blocks);
	assert_true(taken >= (int64_t)(blocks * 512 * ns_per_4k));
	/* Virtual time has it at once, whether it was slept for or not; each vCPU has its own. */
	for (unsigned vcpu = 0; vcpu < 2; vcpu++)
		assert_true(costs.virtual_ns[vcpu] >= blocks * 512 * ns_per_4k);
	assert_int_equal(hosted_vcpu_ns(), 0);
	guest_destroy(costs.run.guest);
}

static void test_cost(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;

	check_cost(kind, 4, 2500);
	/* A sum too small to sleep for is spent when the vCPU is done. */
	check_cost(kind, 1, 390);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_disjoint_ranges),
		BOTH(test_stop_stops_all),
		BOTH(test_identity),
		BOTH(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
