/* SPDX-License-Identifier: MIT */
#include "efi/accept.h"

#include "tests/efi/fake_firmware.h"

static struct efi_options options;

static void begin(void)
{
	fake_init();
	efi_options_init(&options);
	fake_add(4 * GIB, 6 * GIB, FAKE_UNACCEPTED);
	fake_add(8 * GIB + 4096, 8 * GIB + 100 * MIB, FAKE_UNACCEPTED);
}

static void test_all(void **state)
{
	begin();
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake_accepted(), 2 * GIB + 100 * MIB - 4096);
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), 0);
	assert_int_equal(fake_bytes(FAKE_CONVENTIONAL), 4 * GIB + 100 * MIB - 4096);
	assert_int_equal(fake.allocated, 0);
	/* Nothing is left that the firmware could accept. */
	assert_int_equal(fake.told, 0);
	fake_printed("\rcvmem: 2148 MiB to accept\r\n\rcvmem: 2148 MiB accepted in 0.0 s\r\n");
}

/* Firmware would reset the machine meanwhile. Where nothing is accepted it may still do so. */
static void test_watchdog(void **state)
{
	begin();
	efi_accept(&fake.firmware, &options, true);
	assert_int_equal(fake.watchdogs, 0);
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake.watchdogs, 1);
	assert_int_equal(fake.watchdog[0], 0);
}

static void test_twice(void **state)
{
	begin();
	efi_accept(&fake.firmware, &options, false);
	fake.printed = 0;
	efi_accept(&fake.firmware, &options, false);
	fake_printed("\rcvmem: nothing to accept\r\n");
}

/* A limit within a range, and ranges above it. */
static void test_below(void **state)
{
	begin();
	options.below = 5 * GIB + 4096;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake_accepted(), GIB + 4096);
	for (size_t i = 0; i < fake.accepts; i++)
		assert_true(fake.accepted[i].end <= 5 * GIB + 4096);
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), GIB + 100 * MIB - 8192);
	/* The rest is the operating system's. */
	assert_int_equal(fake.told, 1);
}

static void test_nothing_below(void **state)
{
	begin();
	options.below = 4 * GIB;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake.accepts, 0);
	fake_printed("\rcvmem: nothing to accept below the limit\r\n");
}

static void test_no_guest(void **state)
{
	begin();
	fake.firmware.platform = CVM_PLATFORM_NONE;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake.accepts + fake.told, 0);
	fake_printed("\rcvmem: this is no TDX and no SEV-SNP guest: nothing to accept\r\n");
}

/* Memory that is accepted, but unaccepted by the map, would be accepted again by Linux. */
static void test_lacking_services(void **state)
{
	begin();
	fake.no_dxe = true;
	fake.firmware.system->tables = 0;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake.accepts, 0);
	fake_printed("\rcvmem: 2148 MiB stay unaccepted: the firmware has no DXE services\r\n");

	begin();
	fake.no_accept = true;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake.accepts, 0);
	fake_printed("\rcvmem: 2148 MiB stay unaccepted: the firmware has no memory accept "
		     "protocol\r\n");
}

static void test_never(void **state)
{
	begin();
	options.accept = EFI_ACCEPT_NEVER;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake.accepts, 0);
	assert_int_equal(fake.told, 1);
	fake_printed("\rcvmem: nothing is accepted, and the firmware was told that the operating "
		     "system does it\r\n");

	begin();
	options.accept = EFI_ACCEPT_NEVER;
	fake.no_allow = true;
	efi_accept(&fake.firmware, &options, false);
	fake_printed("\rcvmem: nothing is accepted; this firmware does not need to be told that "
		     "the operating system does it\r\n");
}

static void test_next_accepts(void **state)
{
	begin();
	efi_accept(&fake.firmware, &options, true);
	assert_int_equal(fake.accepts + fake.told, 0);
	fake_printed("\rcvmem: nothing is accepted: the next image does it itself\r\n");

	begin();
	options.accept = EFI_ACCEPT_ALWAYS;
	efi_accept(&fake.firmware, &options, true);
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), 0);

	begin();
	options.below = 5 * GIB;
	efi_accept(&fake.firmware, &options, true);
	assert_int_equal(fake_accepted(), GIB);
}

/* The step that fails stays unaccepted, and the range behind it; other ranges do not. */
static void test_failure(void **state)
{
	begin();
	fake.accept_fails_at = 4 * GIB + 130 * MIB;
	fake.fails_with = EFI_DEVICE_ERROR;
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake_accepted(), 128 * MIB + 100 * MIB - 4096);
	assert_int_equal(fake_bytes(FAKE_UNACCEPTED), 2 * GIB - 128 * MIB);
	/* Else the firmware would try again when boot services end. */
	assert_int_equal(fake.told, 1);
	fake_printed("\rcvmem: 2148 MiB to accept\r\n"
		     "\rcvmem: accepting the range at 0x108000000 failed: device error "
		     "(0x8000000000000007); 1920 MiB stay unaccepted\r\n"
		     "\rcvmem: 228 MiB accepted in 0.0 s\r\n");
}

static void test_map_failure(void **state)
{
	begin();
	fake.remove_fails_at = 4 * GIB + 70 * MIB;
	fake.fails_with = EFI_ACCESS_DENIED;
	efi_accept(&fake.firmware, &options, false);
	fake.console[fake.printed] = 0;
	assert_non_null(strstr(fake.console,
			       "cvmem: removing the range from the firmware's memory map at "
			       "0x104000000 failed: access denied (0x800000000000000f); "));
	/* What could not be made known is not conventional memory. */
	assert_int_equal(fake_bytes(FAKE_CONVENTIONAL), 2 * GIB + 64 * MIB + 100 * MIB - 4096);
}

/* Map and GCD differ: what is accepted could not be made known. */
static void test_map_and_gcd_differ(void **state)
{
	begin();
	fake.lie = (struct fake_range){ GIB, GIB + 64 * MIB, FAKE_UNACCEPTED };
	efi_accept(&fake.firmware, &options, false);
	assert_int_equal(fake_accepted(), 2 * GIB + 100 * MIB - 4096);
	fake.console[fake.printed] = 0;
	assert_non_null(strstr(fake.console,
			       "cvmem: finding the range in the firmware's memory map at "
			       "0x40000000 failed: not found (0x800000000000000e); "
			       "64 MiB stay unaccepted\r\n"));
}

static void test_no_map(void **state)
{
	begin();
	fake.alloc_fails_in = 1;
	efi_accept(&fake.firmware, &options, false);
	fake_printed("\rcvmem: the memory map cannot be read: out of resources\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_nothing_below),
		cmocka_unit_test(test_no_guest),
		cmocka_unit_test(test_lacking_services),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_next_accepts),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_map_failure),
		cmocka_unit_test(test_map_and_gcd_differ),
		cmocka_unit_test(test_no_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
