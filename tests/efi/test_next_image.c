/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "efi/next_image.h"

static const uint8_t guid[16] = { 0xfe, 0x10, 0xa0, 0xc5, 0xa7, 0x38, 0x31, 0x45,
				  0x8a, 0x4a, 0x05, 0x00, 0xd2, 0xfd, 0x16, 0x49 };
static uint8_t image[4096];

static void make_linux(void)
{
	memset(image, 0, sizeof(image));
	memcpy(image + 0x202, "HdrS", 4);
}

static void make_pe(const char *section)
{
	memset(image, 0, sizeof(image));
	memcpy(image, "MZ", 2);
	image[0x3c] = 0x80;
	memcpy(image + 0x80, "PE\0", 4);
	image[0x86] = 2;    /* sections */
	image[0x94] = 0xf0; /* size of the optional header */
	memcpy(image + 0x188, ".text", 5);
	memcpy(image + 0x188 + 40, section, strlen(section));
}

static void test_linux(void **state)
{
	make_linux();
	assert_false(efi_next_image_accepts(image, sizeof(image)));
	memcpy(image + sizeof(image) - 16, guid, 16);
	assert_true(efi_next_image_accepts(image, sizeof(image)));
	assert_false(efi_next_image_accepts(image, sizeof(image) - 1));
	assert_false(efi_next_image_accepts(image, 0x206));
}

/* mov $imm32 four times, as compilers do, and pieces that are too far from each other. */
static void test_immediates(void **state)
{
	make_linux();
	for (size_t i = 0; i < 4; i++)
		memcpy(image + 0x400 + 9 * i, guid + 4 * (3 - i), 4);
	assert_true(efi_next_image_accepts(image, sizeof(image)));
	make_linux();
	for (size_t i = 0; i < 4; i++)
		memcpy(image + 0x400 + 200 * i, guid + 4 * i, 4);
	assert_false(efi_next_image_accepts(image, sizeof(image)));
	make_linux();
	memcpy(image + 0x400, guid, 12);
	assert_false(efi_next_image_accepts(image, sizeof(image)));
}

static void test_unified(void **state)
{
	make_pe(".linux");
	assert_false(efi_next_image_accepts(image, sizeof(image)));
	memcpy(image + 0x800, guid, 16);
	assert_true(efi_next_image_accepts(image, sizeof(image)));
	/* A loader that has the GUID does not say what it will start. */
	make_pe(".linuxx");
	memcpy(image + 0x800, guid, 16);
	assert_false(efi_next_image_accepts(image, sizeof(image)));
}

static void test_32_bits(void **state)
{
	static const char *const rows[] = { ",grub,2.06,", ",grub,2.04,", ",grub,2.12,", "2.06" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_pe(".sbat");
		assert_false(efi_next_image_resets_td(image, sizeof(image)));
		memcpy(image + 0x900, rows[i], strlen(rows[i]));
		assert_int_equal(efi_next_image_resets_td(image, sizeof(image)), i < 2);
		memcpy(image + sizeof(image) - 18, "loader/efi/linux.c", 18);
		assert_false(efi_next_image_resets_td(image, sizeof(image)));
	}
}

static void test_senseless(void **state)
{
	make_pe(".linux");
	memcpy(image + 0x800, guid, 16);
	for (size_t size = 0; size < 0x180 + 80; size++)
		assert_false(efi_next_image_accepts(image, size));
	memset(image + 0x3c, 0xff, 4);
	assert_false(efi_next_image_accepts(image, sizeof(image)));
	make_pe(".linux");
	memset(image + 0x86, 0xff, 2);
	memset(image + 0x94, 0xff, 2);
	assert_false(efi_next_image_accepts(image, sizeof(image)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),	  cmocka_unit_test(test_immediates),
		cmocka_unit_test(test_unified),	  cmocka_unit_test(test_32_bits),
		cmocka_unit_test(test_senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
