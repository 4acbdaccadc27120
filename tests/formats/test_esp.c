/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "formats/esp.h"

#define SIZE (64 << 10)

static uint8_t disk[SIZE];
static uint64_t offset, size;

static void put(size_t at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		disk[at + i] = (uint8_t)(value >> 8 * i);
}

static bool find(size_t length)
{
	return esp_find((struct bytes){ disk, length }, &offset, &size);
}

/* Entry 3 of a table of which the second one is another partition. */
static void make_gpt(size_t sector, size_t step, uint64_t first, uint64_t last)
{
	static const uint8_t type[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
					  0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };
	size_t entry = 2 * sector + 3 * step;

	memset(disk, 0, SIZE);
	put(510, 0xaa55, 2);
	memcpy(disk + sector, "EFI PART", 8);
	put(sector + 72, 2, 8);
	put(sector + 80, 4, 4);
	put(sector + 84, step, 4);
	memset(disk + 2 * sector + step, 7, 16);
	memcpy(disk + entry, type, 16);
	put(entry + 32, first, 8);
	put(entry + 40, last, 8);
}

static void test_gpt(void **state)
{
	make_gpt(512, 128, 40, 99);
	assert_true(find(SIZE));
	assert_int_equal(offset, 40 * 512);
	assert_int_equal(size, 60 * 512);
	/* The last sector is not in the file. */
	assert_true(find(100 * 512));
	assert_false(find(100 * 512 - 1));
	make_gpt(4096, 256, 4, 4);
	assert_true(find(SIZE));
	assert_int_equal(offset, 4 * 4096);
	assert_int_equal(size, 4096);
}

static void test_hostile_gpt(void **state)
{
	make_gpt(512, 128, 99, 40);
	assert_false(find(SIZE));
	make_gpt(512, 128, 0, UINT64_MAX);
	assert_false(find(SIZE));
	make_gpt(512, 128, UINT64_MAX / 512, UINT64_MAX / 512);
	assert_false(find(SIZE));
	make_gpt(512, 128, 40, 99);
	put(512 + 72, UINT64_MAX, 8);
	assert_false(find(SIZE));
	make_gpt(512, 128, 40, 99);
	put(512 + 84, 0, 4);
	assert_false(find(SIZE));
	for (size_t length = 0; length < 2048; length++)
		assert_false(find(length));
}

static void test_mbr(void **state)
{
	memset(disk, 0, SIZE);
	disk[446 + 4] = 0x83;
	disk[446 + 16 + 4] = 0xef;
	put(446 + 16 + 8, 8, 4);
	put(446 + 16 + 12, 16, 4);
	assert_false(find(SIZE));
	put(510, 0xaa55, 2);
	assert_true(find(SIZE));
	assert_int_equal(offset, 8 * 512);
	assert_int_equal(size, 16 * 512);
	assert_false(find(24 * 512 - 1));
	disk[446 + 16 + 4] = 0x0c;
	assert_false(find(SIZE));
}

static void test_fat(void **state)
{
	memset(disk, 0, SIZE);
	put(510, 0xaa55, 2);
	memcpy(disk + 82, "FAT32   ", 8);
	assert_true(find(SIZE));
	assert_int_equal(offset, 0);
	assert_int_equal(size, SIZE);
	memset(disk + 82, 0, 8);
	memcpy(disk + 54, "FAT16   ", 8);
	assert_true(find(SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gpt),
		cmocka_unit_test(test_hostile_gpt),
		cmocka_unit_test(test_mbr),
		cmocka_unit_test(test_fat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
