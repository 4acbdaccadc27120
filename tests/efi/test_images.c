/* SPDX-License-Identifier: MIT */
/* The two entry points, as firmware calls them. This machine is no confidential guest. */
#include "efi/uefi/system_table.h"

#include "tests/efi/fake_firmware.h"

efi_status EFIAPI efi_driver_main(efi_handle image, struct efi_system_table *system);
efi_status EFIAPI efi_application_main(efi_handle image, struct efi_system_table *system);

#define NO_GUEST "\rcvmem: this is no TDX and no SEV-SNP guest: nothing to accept\r\n"

static void test_driver(void **state)
{
	fake_init();
	fake_add(4 * GIB, 5 * GIB, FAKE_UNACCEPTED);
	assert_int_equal(efi_driver_main(fake_handle(), fake.firmware.system), EFI_SUCCESS);
	assert_int_equal(fake.accepts, 0);
	assert_false(fake.started);
	fake_printed(NO_GUEST);
}

static void test_application(void **state)
{
	fake_init();
	fake_add_file("\\EFI\\BOOT\\cvmem-accept.conf", "next=other.efi acept=never", 26);
	assert_int_equal(efi_application_main(fake_handle(), fake.firmware.system), EFI_SUCCESS);
	assert_string_equal(fake.loaded, "\\EFI\\BOOT\\other.efi");
	assert_true(fake.started);
	assert_int_equal(fake.stalled, 0);
	fake_printed("\rcvmem: an option is not understood, and ignored: acept=never\r\n" NO_GUEST);
}

/* The reason can be read before firmware clears the screen. */
static void test_application_fails(void **state)
{
	fake_init();
	fake.load_status = EFI_LOAD_ERROR;
	assert_true(efi_application_main(fake_handle(), fake.firmware.system) == EFI_LOAD_ERROR);
	assert_true(fake.stalled >= 5000000);
}

static void test_no_image(void **state)
{
	char other[1];

	fake_init();
	assert_int_equal(efi_driver_main(other, fake.firmware.system), EFI_SUCCESS);
	assert_true(efi_application_main(other, fake.firmware.system) == EFI_UNSUPPORTED);
	fake_printed("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_driver),
		cmocka_unit_test(test_application),
		cmocka_unit_test(test_application_fails),
		cmocka_unit_test(test_no_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
