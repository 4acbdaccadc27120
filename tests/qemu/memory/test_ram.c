/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/memory/ram.h"

/* RAM is [0, 16 MiB); the firmware is ROM below 4 GiB, of `rom` bytes. */
static uint64_t rom;

bool qemu_ram_read(uint64_t gpa, void *buffer, size_t size)
{
	memset(buffer, 'r', size);
	return true;
}

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	const uint64_t end = UINT64_C(1) << 32;

	if (gpa < end - rom || gpa + size > end)
		return false;
	memset(buffer, 'f', size);
	return true;
}

static uint64_t added_gpa, added_size;
static char *added;

void qemu_view_add_ram(uint64_t gpa, uint64_t size, void *memory)
{
	added_gpa = gpa;
	added_size = size;
	added = memory;
}

static void test_private(void **state)
{
	char bytes[2];

	guest.ram[0].end = 0x1000000;
	guest.ram_count = 1;
	guest.window = (struct emu_ram){ 0x100000000, 0x110000000 };
	rom = 0x20000;
	assert_true(memory_read_private(0x10fffffff, bytes, 1));
	assert_memory_equal(bytes, "r", 1);
	assert_false(memory_read_private(0x110000000, bytes, 2));
	assert_true(memory_read_private(0, bytes, 2));
	assert_memory_equal(bytes, "rr", 2);
	assert_true(memory_read_private(0xffe0000, bytes, 2) == false);
	assert_true(memory_read_private(0xfffe0000, bytes, 2));
	assert_memory_equal(bytes, "ff", 2);
	assert_false(memory_read_private(0xfffdffff, bytes, 2));
}

static uint8_t tail[MEMORY_FIRMWARE_TAIL];

static void test_firmware(void **state)
{
	const uint64_t sizes[] = { 64 << 10, 128 << 10, 960 << 10, 1 << 20, 4 << 20 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t known = sizes[i] < sizeof(tail) ? sizes[i] : sizeof(tail);

		rom = sizes[i];
		memset(tail, 'x', sizeof(tail));
		assert_true(memory_read_firmware(tail));
		for (size_t j = 0; j < sizeof(tail); j++)
			if (tail[j] != (j < sizeof(tail) - known ? 0 : 'f'))
				fail_msg("firmware of %llu bytes: byte %zu", sizes[i] + 0ULL, j);
	}
	rom = 0;
	assert_false(memory_read_firmware(tail));
}

/* Last: it stays. */
static void test_volume(void **state)
{
	char bytes[2];

	rom = 0x20000;
	guest.private_base = UINT64_C(1) << 47;
	assert_non_null(memory_firmware_to_ram(0xfffd0000, 0x10000));
	assert_null(memory_firmware_to_ram(0xffff0000, 0x10000));
	assert_int_equal(added_gpa, (UINT64_C(1) << 47) + 0xffff0000);
	assert_int_equal(added_size, 0x10000);
	assert_memory_equal(added, "ff", 2);
	/* What the guest writes to it is in its private memory, and nowhere else. */
	memset(added, 'w', added_size);
	assert_true(memory_read_private(0xffff0000, bytes, 2));
	assert_memory_equal(bytes, "ww", 2);
	assert_true(memory_read_private(0xfffffffe, bytes, 2));
	assert_memory_equal(bytes, "ww", 2);
	assert_true(memory_read_private(0xfffefffe, bytes, 2));
	assert_memory_equal(bytes, "ff", 2);
	free(added);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
