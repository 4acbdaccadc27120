/* SPDX-License-Identifier: MIT */
#include "efi/configuration.h"

#include "tests/efi/fake_firmware.h"

static struct efi_options options;
static char own[EFI_PATH_ROOM];

static void test_file(void **state)
{
	fake_init();
	fake_add_file("\\EFI\\BOOT\\cvmem-accept.conf", "accept=below:32G\n", 17);
	efi_configuration_read(&fake.firmware, &options, own);
	assert_true(options.below == 32 * GIB);
	assert_string_equal(own, "\\EFI\\BOOT\\BOOTX64.EFI");
	assert_int_equal(fake.allocated, 0);
	fake_printed("");
}

/* Load options are nearer to the boot than a file. */
static void test_load_options(void **state)
{
	static uint16_t words[] = u"accept=never";

	fake_init();
	fake_add_file("\\EFI\\BOOT\\cvmem-accept.conf", "accept=always", 13);
	fake.firmware.image->load_options = words;
	fake.firmware.image->load_options_size = sizeof(words);
	efi_configuration_read(&fake.firmware, &options, own);
	assert_int_equal(options.accept, EFI_ACCEPT_NEVER);
}

static void test_neither(void **state)
{
	fake_init();
	fake.no_files = true;
	efi_configuration_read(&fake.firmware, &options, own);
	assert_int_equal(options.accept, EFI_ACCEPT_AUTO);
	fake.firmware.image->file_path = NULL;
	efi_configuration_read(&fake.firmware, &options, own);
	assert_string_equal(own, "");
	fake_printed("");
}

/* A file of a size that no such file has. */
static void test_large(void **state)
{
	static char large[1 << 20];

	fake_init();
	memcpy(large, "accept=never ", 13);
	fake_add_file("\\EFI\\BOOT\\cvmem-accept.conf", large, sizeof(large));
	efi_configuration_read(&fake.firmware, &options, own);
	assert_int_equal(options.accept, EFI_ACCEPT_AUTO);
	assert_int_equal(fake.allocated, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_load_options),
		cmocka_unit_test(test_neither),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
