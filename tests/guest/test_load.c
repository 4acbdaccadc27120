/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/load.h"

#define MIB	     0x100000
#define TABLE_OFFSET (GUEST_RELOCATIONS - GUEST_ROM)

static uint8_t rom[GUEST_ROM_BYTES];

/* Its size is no multiple of a word; two of its addresses are, or are not, at one. */
enum { IMAGE_BYTES = 4099, FIRST = 16, SECOND = 1021 };

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int set_up(void **state)
{
	memset(rom, 0, sizeof(rom));
	for (size_t i = 0; i < IMAGE_BYTES; i++)
		rom[i] = (uint8_t)(7 * i + 1);
	put(rom + FIRST, 0x812345, 8);
	put(rom + SECOND, 0x800000, 8);
	put(rom + TABLE_OFFSET, IMAGE_BYTES, 4);
	put(rom + TABLE_OFFSET + 4, 2, 4);
	put(rom + TABLE_OFFSET + 8, FIRST, 4);
	put(rom + TABLE_OFFSET + 12, SECOND, 4);
	return 0;
}

static void test_load(void **state)
{
	static uint8_t expected[IMAGE_BYTES];
	uint8_t *image = aligned_alloc(2 * MIB, 4 * MIB);
	uint64_t moved = (uintptr_t)image - 0x800000;

	assert_non_null(image);
	memset(image, 0xa5, 4 * MIB);
	guest_load(rom, (uintptr_t)image);
	memcpy(expected, rom, sizeof(expected));
	put(expected + FIRST, 0x812345 + moved, 8);
	put(expected + SECOND, 0x800000 + moved, 8);
	assert_memory_equal(image, expected, IMAGE_BYTES);
	/* Variables, stacks and what the kernel has besides are zero; nothing behind is changed. */
	for (size_t i = IMAGE_BYTES; i < 0x280000; i++)
		assert_int_equal(image[i], 0);
	for (size_t i = 0x280000; i < 4 * MIB; i++)
		assert_int_equal(image[i], 0xa5);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_load, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
