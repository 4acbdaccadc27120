/* SPDX-License-Identifier: MIT */
#include "efi/chain.h"

#include "tests/efi/fake_firmware.h"

static struct efi_options options;
static uint8_t kernel[1024];

static void begin(void)
{
	static const uint8_t guid[16] = { 0xfe, 0x10, 0xa0, 0xc5, 0xa7, 0x38, 0x31, 0x45,
					  0x8a, 0x4a, 0x05, 0x00, 0xd2, 0xfd, 0x16, 0x49 };

	fake_init();
	efi_options_init(&options);
	fake_add(4 * GIB, 5 * GIB, FAKE_UNACCEPTED);
	memset(kernel, 0, sizeof(kernel));
	memcpy(kernel + 0x202, "HdrS", 4);
	memcpy(kernel + 0x300, guid, 16);
}

static efi_status chain(void)
{
	return efi_chain(&fake.firmware, &options, "\\EFI\\BOOT\\BOOTX64.EFI");
}

static void test_loader(void **state)
{
	begin();
	fake_add_file("\\EFI\\BOOT\\cvmem-next.efi", "MZ, a loader", 12);
	assert_int_equal(chain(), EFI_SUCCESS);
	assert_string_equal(fake.loaded, "\\EFI\\BOOT\\cvmem-next.efi");
	assert_true(fake.started);
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), 0);
	/* Nothing resets the machine while it accepts; a loader that hangs is still noticed. */
	assert_int_equal(fake.watchdogs, 2);
	assert_int_equal(fake.watchdog[0], 0);
	assert_int_equal(fake.watchdog[1], 300);
	assert_int_equal(fake.allocated, 0);
}

static void test_kernel(void **state)
{
	begin();
	fake_add_file("\\vmlinuz", kernel, sizeof(kernel));
	strcpy(options.next, "\\vmlinuz");
	strcpy(options.args, "root=/dev/vda quiet");
	assert_int_equal(chain(), EFI_SUCCESS);
	assert_string_equal(fake.loaded, "\\vmlinuz");
	assert_string_equal(fake.next_options, "root=/dev/vda quiet");
	assert_int_equal(fake.accepts, 0);
	options.accept = EFI_ACCEPT_ALWAYS;
	assert_int_equal(chain(), EFI_SUCCESS);
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), 0);
	assert_int_equal(fake.allocated, 0);
}

/* GRUB 2.06 as a TD: the line is there before the reset. */
static void test_32_bits(void **state)
{
	static const char warning[] = "cvmem: this GRUB resets a TD at its command linux";

	begin();
	fake.firmware.platform = CVM_PLATFORM_TDX;
	fake_add_file("\\EFI\\BOOT\\cvmem-next.efi", "MZ sbat\ngrub,4,FSF,grub,2.06,x", 30);
	assert_int_equal(chain(), EFI_SUCCESS);
	fake.console[fake.printed] = 0;
	assert_non_null(strstr(fake.console, warning));
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), 0);

	begin();
	fake_add_file("\\EFI\\BOOT\\cvmem-next.efi", "MZ sbat\ngrub,4,FSF,grub,2.06,x", 30);
	assert_int_equal(chain(), EFI_SUCCESS);
	fake.console[fake.printed] = 0;
	assert_null(strstr(fake.console, warning));
}

static void test_not_there(void **state)
{
	begin();
	fake.load_status = EFI_NOT_FOUND;
	assert_true(chain() == EFI_NOT_FOUND);
	assert_false(fake.started);
	fake.console[fake.printed] = 0;
	assert_non_null(strstr(fake.console, "cvmem: \\EFI\\BOOT\\cvmem-next.efi cannot be loaded: "
					     "not found (0x800000000000000e)\r\n"));
	assert_int_equal(fake.allocated, 0);
}

/* Secure Boot: the image is in memory, but it must not be started. */
static void test_not_signed(void **state)
{
	begin();
	fake.load_status = EFI_SECURITY;
	assert_true(chain() == EFI_SECURITY);
	assert_false(fake.started);
	assert_true(fake.unloaded);
}

static void test_came_back(void **state)
{
	begin();
	fake.start_status = EFI_ABORTED;
	assert_true(chain() == EFI_ABORTED);
	fake.console[fake.printed] = 0;
	assert_non_null(strstr(fake.console, "came back: aborted (0x8000000000000015)\r\n"));
}

static void test_no_device_path(void **state)
{
	begin();
	fake.no_path = true;
	assert_true(chain() == EFI_OUT_OF_RESOURCES);
	fake.no_path = false;
	memset(options.next, 'x', sizeof(options.next) - 1);
	fake.no_files = true;
	assert_int_equal(chain(), EFI_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loader),	       cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_32_bits),	       cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_not_signed),     cmocka_unit_test(test_came_back),
		cmocka_unit_test(test_no_device_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
