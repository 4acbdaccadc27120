/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define TIB(n) ((uint64_t)(n) << 40)

struct ends {
	struct guest *guest;
	struct accepted low, high;
	uint8_t read[2];
};

static void ends_entry(unsigned vcpu, void *arg)
{
	struct ends *ends = arg;

	guest_begin(ends->guest);
	ends->low = guest_accept(ends->guest, MIB(2), MIB(4));
	ends->high = guest_accept(ends->guest, TIB(1) - MIB(4), TIB(1));
	*guest_private(ends->guest, MIB(2)) = 1;
	*guest_private(ends->guest, TIB(1) - 1) = 2;
	ends->read[0] = *guest_private(ends->guest, MIB(2));
	ends->read[1] = *guest_private(ends->guest, TIB(1) - 1);
}

/* A process under ThreadSanitizer has no room for it, and is told so. */
static bool has_room(enum hosted_kind kind)
{
	const struct emu_ram ram = { 0, TIB(1) };
	const struct hosted_config config = {
		.kind = kind,
		.vcpus = 1,
		.ram = &ram,
		.ram_count = 1,
	};
	char error[200] = "";
	struct hosted_machine *machine = hosted_create(&config, error, sizeof(error));

	if (!machine)
		assert_non_null(strstr(error, "address space"));
	hosted_destroy(machine);
	return machine;
}

static void test_one_tebibyte(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	struct ends ends = { 0 };

	if (!has_room(kind))
		skip();
	ends.guest = guest_create(kind, TIB(1), NULL);
	assert_int_equal(guest_run(ends.guest, ends_entry, &ends, 1), 0);
	assert_int_equal(ends.low.error, 0);
	assert_int_equal(ends.high.result.accepted[CVM_LEVEL_2M], 2);
	assert_int_equal(ends.read[0], 1);
	assert_int_equal(ends.read[1], 2);
	guest_destroy(ends.guest);
}

/* Twice the same guest-physical addresses, with different content. */
static void fill_entry(unsigned vcpu, void *arg)
{
	struct ends *ends = arg;

	guest_begin(ends->guest);
	ends->low = guest_accept(ends->guest, MIB(2), MIB(4));
	if (*guest_private(ends->guest, MIB(3)))
		return;
	for (unsigned i = 0; i < 1000; i++) {
		*guest_private(ends->guest, MIB(3)) = (uint8_t)(ends->guest->direct_map >> 30);
		ends->high =
			guest_accept(ends->guest, MIB(8) + KIB(4) * i, MIB(8) + KIB(4) * (i + 1));
	}
	ends->read[0] = *guest_private(ends->guest, MIB(3));
}

static void check_filled(const struct ends *ends)
{
	assert_int_equal(ends->guest->report.stop.cause, EMU_RUNNING);
	assert_int_equal(ends->high.error, 0);
	assert_int_equal(ends->read[0], (uint8_t)(ends->guest->direct_map >> 30));
}

static void test_one_after_the_other(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		struct ends ends = { 0 };

		ends.guest = guest_create(*(enum hosted_kind *)*state, MIB(64), NULL);
		assert_int_equal(guest_run(ends.guest, fill_entry, &ends, 1), 0);
		check_filled(&ends);
		guest_destroy(ends.guest);
	}
}

static void *run_fill(void *arg)
{
	struct ends *ends = arg;

	guest_run(ends->guest, fill_entry, ends, 1);
	return NULL;
}

static void test_at_the_same_time(void **state)
{
	struct ends ends[2] = { 0 };
	pthread_t threads[2];

	for (unsigned i = 0; i < 2; i++)
		ends[i].guest = guest_create(guest_kinds[i], MIB(64), NULL);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_fill, &ends[i]), 0);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < 2; i++) {
		check_filled(&ends[i]);
		guest_destroy(ends[i].guest);
	}
}

static void test_bad_configurations(void **state)
{
	const struct emu_ram good[] = { { 0, MIB(1) }, { MIB(2), MIB(4) } };
	const struct emu_ram odd[] = { { 0, MIB(1) + 1 } };
	const struct emu_ram unordered[] = { { MIB(2), MIB(4) }, { 0, MIB(1) } };
	const struct emu_ram overlap[] = { { 0, MIB(2) }, { MIB(1), MIB(4) } };
	const struct emu_ram outside[] = { { MIB(1), MIB(2) } };
	const struct emu_ram far[] = { { TIB(64), TIB(64) + MIB(2) } };
	const struct {
		struct hosted_config config;
		const char *problem;
	} bad[] = {
		{ { .vcpus = 0, .ram = good, .ram_count = 2 },
		  "the number of vCPUs is out of range" },
		{ { .vcpus = HOSTED_MAX_VCPUS + 1, .ram = good, .ram_count = 2 },
		  "the number of vCPUs is out of range" },
		{ { .vcpus = 1, .ram = good, .ram_count = 0 }, "the machine has no RAM" },
		{ { .vcpus = 1, .ram = odd, .ram_count = 1 },
		  "RAM: a range is not aligned to 4 KiB" },
		{ { .vcpus = 1, .ram = unordered, .ram_count = 2 },
		  "RAM: ranges overlap or are not in ascending order" },
		{ { .vcpus = 1, .ram = overlap, .ram_count = 2 },
		  "RAM: ranges overlap or are not in ascending order" },
		{ { .vcpus = 1, .ram = good, .ram_count = 2, .launch = overlap, .launch_count = 2 },
		  "launch content: ranges overlap or are not in ascending order" },
		{ { .vcpus = 1, .ram = good, .ram_count = 2, .launch = outside, .launch_count = 1 },
		  "launch content lies outside RAM" },
		{ { .vcpus = 1, .ram = far, .ram_count = 1 },
		  "guest-physical addresses from 64 TiB on do not fit into this process" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hosted_config config = bad[i].config;
		char error[200] = "";

		config.kind = *(enum hosted_kind *)*state;
		assert_null(hosted_create(&config, error, sizeof(error)));
		assert_string_equal(error, bad[i].problem);
	}
}

/* A fault that is not the guest's goes where it would have gone without a machine. */
static sigjmp_buf back;
static volatile sig_atomic_t own_faults;
static void *no_access;

static void own_handler(int sig, siginfo_t *info, void *context)
{
	own_faults += info->si_addr == no_access;
	siglongjmp(back, 1);
}

static void bug_entry(unsigned vcpu, void *arg)
{
	struct ends *ends = arg;

	if (!sigsetjmp(back, 1))
		*(volatile uint8_t *)no_access = 1;
	/* The machine is as before. */
	guest_begin(ends->guest);
	ends->low = guest_accept(ends->guest, MIB(2), MIB(4));
	*guest_private(ends->guest, MIB(2)) = 1;
}

static void test_faults_of_the_process(void **state)
{
	struct sigaction action = { .sa_sigaction = own_handler, .sa_flags = SA_SIGINFO };
	struct sigaction old, after;
	struct ends ends = { 0 };

	no_access = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_int_equal(sigaction(SIGSEGV, &action, &old), 0);
	own_faults = 0;
	ends.guest = guest_create(*(enum hosted_kind *)*state, MIB(64), NULL);
	assert_int_equal(guest_run(ends.guest, bug_entry, &ends, 1), 0);
	assert_int_equal(own_faults, 1);
	assert_int_equal(ends.low.error, 0);
	assert_int_equal(ends.low.result.done, MIB(2));
	guest_destroy(ends.guest);

	assert_int_equal(sigaction(SIGSEGV, &old, &after), 0);
	assert_ptr_equal(after.sa_sigaction, own_handler);
	munmap(no_access, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_one_tebibyte),
		BOTH(test_one_after_the_other),
		cmocka_unit_test(test_at_the_same_time),
		BOTH(test_bad_configurations),
		BOTH(test_faults_of_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
