/* SPDX-License-Identifier: MIT */
#include "guest/stub/stub.h"

#include <stdlib.h>

#include "efi/uefi/boot_services.h"
#include "guest/load.h"
#include "tests/efi/fake_firmware.h"

#define TABLE (GUEST_RELOCATIONS - GUEST_ROM)

static uint8_t rom[GUEST_ROM_BYTES];
static uint8_t blob[40], rsdp[36];
static const struct efi_guid cc_blob = {
	0x067b1f5f, 0xcf26, 0x44c5, { 0x85, 0x54, 0x93, 0xd7, 0x77, 0x91, 0x2d, 0x42 }
};
static const struct efi_guid acpi = {
	0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
};

#define SECRETS_PAGE	0x80d000
#define CPUID_PAGE	0x80e000
#define UNSUPPORTED	(1ull << 63 | 3)
#define INVALID_PARAM	(1ull << 63 | 2)
#define DEVICE_ERROR	(1ull << 63 | 7)
#define OUT_OF_RESOURCE (1ull << 63 | 9)

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* EDK II, ConfidentialComputingSevSnpBlob.h. */
static void make_blob(void)
{
	memcpy(blob, "AMDE", 4);
	put(blob + 4, 1, 2);
	put(blob + 8, SECRETS_PAGE, 8);
	put(blob + 16, 4096, 4);
	put(blob + 24, CPUID_PAGE, 8);
	put(blob + 32, 4096, 4);
}

static int set_up(void **state)
{
	for (size_t i = 0; i < sizeof(rom); i++)
		rom[i] = (uint8_t)(3 * i + 5);
	put(rom + TABLE, 0x1000, 4);
	put(rom + TABLE + 4, 1, 4);
	put(rom + TABLE + 8, 0x20, 4);
	put(rom + 0x20, 0x801234, 8);
	make_blob();
	fake_init();
	fake.table[2] = (struct efi_configuration_table){ acpi, rsdp };
	fake.table[3] = (struct efi_configuration_table){ cc_blob, blob };
	fake_add(4 * GIB, 6 * GIB, FAKE_UNACCEPTED);
	return 0;
}

/* Everything that stays is in the pages that were asked for, and the image is at 2 MiB. */
static void is_loaded(uint64_t image)
{
	const uint8_t *at = (const uint8_t *)(uintptr_t)image;
	uint64_t address;

	assert_int_equal(image % 0x200000, 0);
	assert_true(at >= fake.pages);
	assert_true(at + 0x280000 + 0x40000 <= fake.pages + fake.pages_size);
	assert_memory_equal(at, rom, 0x20);
	memcpy(&address, at + 0x20, sizeof(address));
	assert_int_equal(address, 0x1234 + image);
	assert_memory_equal(at + 0x28, rom + 0x28, 0x1000 - 0x28);
	assert_memory_equal(at + 0x280000, rom, sizeof(rom));
}

static void is_described(uint64_t image, enum cvm_platform_kind kind)
{
	const struct guest_firmware *start = guest_firmware_of(image);
	struct efi_memory_descriptor last;

	assert_int_equal((uintptr_t)start, image + 0x1c0000);
	assert_int_equal(start->kind, kind);
	assert_int_equal(start->rom, image + 0x280000);
	assert_int_equal(start->rsdp, (uintptr_t)rsdp);
	assert_int_equal(start->desc_bytes, 48);
	assert_int_equal(start->map_bytes, 2 * 48);
	memcpy(&last, start->map + 48, sizeof(last));
	assert_int_equal(last.type, 15);
	assert_int_equal(last.start, 4 * GIB);
	assert_int_equal(last.pages, 2 * GIB / 4096);
}

static void test_snp(void **state)
{
	uint64_t image;

	assert_int_equal(guest_stub_prepare(&fake.firmware, rom, &image), EFI_SUCCESS);
	assert_true(fake.exited);
	assert_false(fake.freed_pages);
	assert_int_equal(fake.told, 1);
	is_loaded(image);
	is_described(image, CVM_PLATFORM_SNP);
	assert_int_equal(guest_firmware_of(image)->secrets_page, SECRETS_PAGE);
	assert_int_equal(guest_firmware_of(image)->cpuid_page, CPUID_PAGE);
	fake_printed("\rcvmem: the kernel leaves boot services\r\n");
}

/* It has neither that table nor that protocol. */
static void test_tdx(void **state)
{
	uint64_t image;

	fake.firmware.platform = CVM_PLATFORM_TDX;
	memset(&fake.table[3], 0, sizeof(fake.table[3]));
	fake.no_allow = true;
	assert_int_equal(guest_stub_prepare(&fake.firmware, rom, &image), EFI_SUCCESS);
	assert_true(fake.exited);
	is_loaded(image);
	is_described(image, CVM_PLATFORM_TDX);
}

/* The map that is handed over is the one that boot services ended with. */
static void test_changing(void **state)
{
	uint64_t image;

	fake.changing = 3;
	assert_int_equal(guest_stub_prepare(&fake.firmware, rom, &image), EFI_SUCCESS);
	assert_true(fake.exited);
	assert_int_equal(fake.map_key, 3 + 4);
	is_described(image, CVM_PLATFORM_SNP);
	set_up(NULL);
	fake.changing = 1000;
	assert_int_equal(guest_stub_prepare(&fake.firmware, rom, &image), INVALID_PARAM);
	assert_false(fake.exited);
}

static void fails(efi_status status, const char *says)
{
	uint64_t image;

	assert_int_equal(guest_stub_prepare(&fake.firmware, rom, &image), status);
	assert_false(fake.exited);
	assert_int_equal(fake.freed_pages, fake.pages != NULL);
	fake_printed(says);
	set_up(NULL);
}

static void test_errors(void **state)
{
	const char *no_page = "\rcvmem: the firmware does not say where the secrets and CPUID "
			      "pages are\r\n";

	fake.firmware.platform = CVM_PLATFORM_NONE;
	fails(UNSUPPORTED, "\rcvmem: this is no TDX and no SEV-SNP guest\r\n");
	fake.no_pages = true;
	fails(OUT_OF_RESOURCE, "\rcvmem: no memory for the kernel: out of resources\r\n");
	memset(&fake.table[3], 0, sizeof(fake.table[3]));
	fails(UNSUPPORTED, no_page);
	blob[0] = 'B';
	fails(UNSUPPORTED, no_page);
	put(blob + 32, 4095, 4);
	fails(UNSUPPORTED, no_page);
	put(blob + 16, 4095, 4);
	fails(UNSUPPORTED, no_page);
	fake.exit_status = DEVICE_ERROR;
	fails(DEVICE_ERROR, "\rcvmem: the kernel leaves boot services\r\n"
			    "\rcvmem: boot services do not end: device error\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_snp, set_up),
		cmocka_unit_test_setup(test_tdx, set_up),
		cmocka_unit_test_setup(test_changing, set_up),
		cmocka_unit_test_setup(test_errors, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
