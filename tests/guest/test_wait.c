/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/guest.h"

/* CPUs are threads; a panic ends the wait in the place of the machine. */
static __thread unsigned this_cpu;
static char console[256];
static jmp_buf panicked;
static uint64_t panic_value;

unsigned bare_cpu(void)
{
	return this_cpu;
}

void bare_put(const char *text)
{
	assert_true(strlen(console) + strlen(text) < sizeof(console));
	strcat(console, text);
}

void bare_panic(const char *what, uint64_t value)
{
	assert_non_null(strstr(what, "do not come to the end of their work"));
	panic_value = value;
	longjmp(panicked, 1);
}

/* Only one of two runs. */
static void test_arrival(void **state)
{
	assert_int_equal(guest_cpus_await(0), 0);
	guest_cpu_arrived();
	assert_int_equal(guest_cpus_await(1), 0);
	assert_string_equal(console, "");
	assert_int_equal(guest_cpus_await(2), CVM_EIO);
	assert_string_equal(console, "cvmem: a CPU that was started does not run\n");
}

static void test_no_end(void **state)
{
	uint32_t word = 3;

	guest_wait(NULL, &word, 2);
	if (!setjmp(panicked)) {
		guest_wait(NULL, &word, 3);
		fail_msg("it has come back");
	}
	assert_int_equal(panic_value, 3);
}

struct other {
	uint32_t word;
	bool waits;
};

static void *wait_as_other(void *arg)
{
	struct other *other = arg;

	this_cpu = 1;
	__atomic_store_n(&other->waits, true, __ATOMIC_RELEASE);
	guest_wait(NULL, &other->word, 3);
	return NULL;
}

/* Another CPU waits on, for as long as the first one takes, which is longer than that may wait. */
static void test_other(void **state)
{
	struct other other = { .word = 3 };
	uint32_t never = 3;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, wait_as_other, &other), 0);
	while (!__atomic_load_n(&other.waits, __ATOMIC_ACQUIRE))
		;
	for (volatile unsigned i = 0; i < 2; i++)
		if (!setjmp(panicked))
			guest_wait(NULL, &never, 3);
	__atomic_store_n(&other.word, 2, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrival),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
