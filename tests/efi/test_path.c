/* SPDX-License-Identifier: MIT */
#include "efi/path.h"

#include "tests/efi/fake_firmware.h"

static char text[EFI_PATH_ROOM];

static void test_own(void **state)
{
	fake_init();
	assert_true(efi_path_of(fake.firmware.image->file_path, text));
	assert_string_equal(text, "\\EFI\\BOOT\\BOOTX64.EFI");
	assert_false(efi_path_of(NULL, text));
}

/* Nodes that are shorter than their header, have no text, or an odd length. */
static void test_senseless(void **state)
{
	static const uint8_t paths[][16] = {
		{ 0x7f, 0xff, 4, 0 },
		{ 4, 4, 3, 0, 'a', 0, 0, 0 },
		{ 4, 4, 0, 0 },
		{ 4, 4, 4, 0, 0x7f, 0xff, 4, 0 },
		{ 4, 4, 7, 0, 0xe4, 0, 0, 0x7f, 0xff, 4, 0 },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_false(efi_path_of((const struct efi_device_path *)paths[i], text));
}

static void test_beside(void **state)
{
	char longest[EFI_PATH_ROOM];

	assert_true(efi_path_beside("\\EFI\\BOOT\\BOOTX64.EFI", "cvmem-next.efi", text));
	assert_string_equal(text, "\\EFI\\BOOT\\cvmem-next.efi");
	assert_true(efi_path_beside("\\EFI\\BOOT\\BOOTX64.EFI", "\\a\\b", text));
	assert_string_equal(text, "\\a\\b");
	assert_true(efi_path_beside("", "a", text));
	assert_string_equal(text, "a");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	assert_true(efi_path_beside("", longest, text));
	assert_false(efi_path_beside("\\", longest, text));
}

/* load_image() of the fake firmware takes it apart: test_chain.c. */
static void test_errors(void **state)
{
	fake_init();
	fake.no_path = true;
	assert_null(efi_path_make(&fake.firmware, fake.firmware.image->device, "\\a"));
	fake.no_path = false;
	fake.alloc_fails_in = 1;
	assert_null(efi_path_make(&fake.firmware, fake.firmware.image->device, "\\a"));
	assert_int_equal(fake.allocated, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_senseless),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
