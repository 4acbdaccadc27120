/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/guest.h"

/* The registers of QEMU's docs/specs/acpi_mem_hotplug.rst: the memory is there after some reads of
 * the status, or never. */
#define START UINT64_C(0x240000000)
#define BYTES UINT64_C(0x120000000)

struct guest_machine guest_machine;
static unsigned reads, there_at, seen;
static uint64_t start, bytes;
static char console[256];

static int set_up(void **state)
{
	guest_machine.hot = (struct cvm_span){ START, START + BYTES };
	start = START;
	bytes = BYTES;
	reads = there_at = seen = 0;
	console[0] = '\0';
	return 0;
}

void bare_put(const char *text)
{
	assert_true(strlen(console) + strlen(text) < sizeof(console));
	strcat(console, text);
}

void bare_out(uint16_t port, unsigned size, uint32_t value)
{
	if (port == 0xa00) {
		assert_int_equal(size, 4);
		assert_int_equal(value, 0);
		return;
	}
	assert_int_equal(port, 0xa14);
	assert_int_equal(value, 2);
	seen++;
}

uint32_t bare_in(uint16_t port, unsigned size)
{
	switch (port) {
	case 0xa00:
		return (uint32_t)start;
	case 0xa04:
		return (uint32_t)(start >> 32);
	case 0xa08:
		return (uint32_t)bytes;
	case 0xa0c:
		return (uint32_t)(bytes >> 32);
	default:
		assert_int_equal(port, 0xa14);
		assert_int_equal(size, 1);
		/* Enabled comes before inserted. */
		return reads++ >= there_at ? 3 : 1;
	}
}

static void test_added(void **state)
{
	assert_int_equal(guest_hot_added(NULL), 0);
	assert_int_equal(seen, 1);
	assert_string_equal(console, "cvmem: the kernel waits for memory\n");
	set_up(NULL);
	there_at = 10;
	assert_int_equal(guest_hot_added(NULL), 0);
	assert_int_equal(reads, 11);
}

static void test_other_place(void **state)
{
	start += 4096;
	assert_int_equal(guest_hot_added(NULL), CVM_EIO);
	set_up(NULL);
	bytes -= 4096;
	assert_int_equal(guest_hot_added(NULL), CVM_EIO);
}

static void test_never(void **state)
{
	there_at = UINT32_MAX;
	assert_int_equal(guest_hot_added(NULL), CVM_EIO);
	assert_in_range(reads, 2, 1000);
	assert_int_equal(seen, 0);
	assert_string_equal(console, "cvmem: the kernel waits for memory\n"
				     "cvmem: the host does not plug memory in\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_added, set_up),
		cmocka_unit_test_setup(test_other_place, set_up),
		cmocka_unit_test_setup(test_never, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
