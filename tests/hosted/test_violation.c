/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One access to one byte, after accepting [2 MiB, 4 MiB). */
struct touch {
	struct guest *guest;
	uint64_t gpa;
	bool write, shared_view;
	bool returned; /* the access went through */
	uint8_t value;
};

static __attribute__((noinline)) void access_byte(struct touch *touch)
{
	volatile uint8_t *byte = touch->shared_view ? guest_shared(touch->guest, touch->gpa)
						    : guest_private(touch->guest, touch->gpa);

	if (touch->write)
		*byte = 0x5a;
	else
		touch->value = *byte;
	touch->returned = true;
}

static void entry(unsigned vcpu, void *arg)
{
	struct touch *touch = arg;

	guest_begin(touch->guest);
	if (guest_accept(touch->guest, MIB(2), MIB(4)).error)
		return;
	access_byte(touch);
}

static void expect_caught(enum hosted_kind kind, struct touch touch, const char *state)
{
	const struct hosted_report *report;

	touch.guest = guest_create(kind, MIB(16), NULL);
	report = &touch.guest->report;
	assert_int_equal(guest_run(touch.guest, entry, &touch, 1), -1);
	assert_false(touch.returned);
	assert_true(report->violation);
	assert_int_equal(report->stop.cause, EMU_STOP_HOST_FAULT);
	assert_int_equal(report->gpa, touch.gpa);
	assert_int_equal(report->stop.gpa, touch.gpa);
	assert_int_equal(report->write, touch.write);
	assert_int_equal(report->shared_view, touch.shared_view);
	assert_string_equal(report->state, state);
	/* The instruction is in the function that makes the access. */
	assert_in_range(report->rip, (uintptr_t)access_byte, (uintptr_t)access_byte + 4096);
	assert_int_equal(touch.guest->stats.violations, 1);
	assert_non_null(strstr(report->stop.text, touch.write ? "wrote" : "read"));
	/* It is over: another run does not start. */
	assert_int_equal(guest_run(touch.guest, entry, &touch, 1), -1);
	guest_destroy(touch.guest);
}

static void expect_through(enum hosted_kind kind, struct touch touch)
{
	touch.guest = guest_create(kind, MIB(16), NULL);
	assert_int_equal(guest_run(touch.guest, entry, &touch, 1), 0);
	assert_true(touch.returned);
	assert_int_equal(touch.guest->report.stop.cause, EMU_RUNNING);
	assert_false(touch.guest->report.violation);
	assert_int_equal(touch.guest->stats.violations, 0);
	guest_destroy(touch.guest);
}

static const char *untouched(enum hosted_kind kind)
{
	return kind == HOSTED_TDX ? emu_page_state_name(EMU_TDX, EMU_PAGE_FREE)
				  : emu_page_state_name(EMU_SNP, EMU_PAGE_FREE);
}

static void test_touch_before_accept(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	const uint64_t gpas[] = { MIB(2) - 1, MIB(1), MIB(4), MIB(8) + 123, MIB(16) - 1 };

	for (size_t i = 0; i < sizeof(gpas) / sizeof(gpas[0]); i++) {
		expect_caught(kind, (struct touch){ .gpa = gpas[i] }, untouched(kind));
		expect_caught(kind, (struct touch){ .gpa = gpas[i], .write = true },
			      untouched(kind));
	}
}

static void test_touch_after_accept(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	const uint64_t gpas[] = { 0, MIB(1) - 1, MIB(2), MIB(2) + KIB(4), MIB(4) - 1 };

	for (size_t i = 0; i < sizeof(gpas) / sizeof(gpas[0]); i++) {
		expect_through(kind, (struct touch){ .gpa = gpas[i] });
		expect_through(kind, (struct touch){ .gpa = gpas[i], .write = true });
	}
}

static void test_touch_outside_ram(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;

	expect_caught(kind, (struct touch){ .gpa = MIB(16) }, "not RAM");
	expect_caught(kind, (struct touch){ .gpa = MIB(16) + 7, .write = true }, "not RAM");
}

static void test_touch_shared_view_of_private_memory(void **state)
{
	enum hosted_kind kind = *(enum hosted_kind *)*state;
	const char *accepted = kind == HOSTED_TDX ? emu_page_state_name(EMU_TDX, EMU_PAGE_MAPPED)
						  : emu_page_state_name(EMU_SNP, EMU_PAGE_MAPPED);

	expect_caught(kind, (struct touch){ .gpa = MIB(3), .shared_view = true, .write = true },
		      accepted);
	expect_caught(kind, (struct touch){ .gpa = MIB(9), .shared_view = true }, untouched(kind));
}

/* The file that is the guest's memory, of which there is one in this process. */
static int memory_file(void)
{
	char link[64], target[64];

	for (int fd = 3; fd < 256; fd++) {
		ssize_t length;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, target, sizeof(target) - 1);
		target[length < 0 ? 0 : length] = '\0';
		if (strstr(target, "guest-memory"))
			return fd;
	}
	return -1;
}

/* A file that is too short answers an access like a host without memory: by SIGBUS. */
static void test_host_without_memory(void **state)
{
	struct touch touch = { .gpa = MIB(3) };
	const struct hosted_report *report;

	touch.guest = guest_create(*(enum hosted_kind *)*state, MIB(16), NULL);
	report = &touch.guest->report;
	assert_int_equal(ftruncate(memory_file(), (off_t)MIB(3)), 0);
	assert_int_equal(guest_run(touch.guest, entry, &touch, 1), -1);
	assert_false(touch.returned);
	assert_int_equal(report->stop.cause, EMU_STOP_FAILED);
	assert_false(report->violation);
	assert_int_equal(report->gpa, touch.gpa);
	assert_non_null(strstr(report->stop.text, "no memory left"));
	assert_int_equal(touch.guest->stats.violations, 0);
	guest_destroy(touch.guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_touch_before_accept), BOTH(test_touch_after_accept),
		BOTH(test_touch_outside_ram),	BOTH(test_touch_shared_view_of_private_memory),
		BOTH(test_host_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
