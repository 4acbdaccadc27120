/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/guest.h"

#define MIB	UINT64_C(0x100000)
#define GIB	(1024 * MIB)
#define IMAGE	(64 * MIB)
#define ROM	(IMAGE + 0x280000)
#define MAX	16
#define E820_AT 0x27

static struct cvm_range ranges[64];
static struct cvm_map map;
static uint8_t table[20 * MAX];
static uint32_t table_bytes;

uint32_t bare_fw_cfg_find(const char *name, uint16_t *selector)
{
	assert_string_equal(name, "etc/e820");
	*selector = E820_AT;
	return table_bytes;
}

int bare_fw_cfg_read(uint16_t selector, void *buffer, uint32_t bytes)
{
	assert_int_equal(selector, E820_AT);
	assert_in_range(bytes, 1, table_bytes);
	if (bytes <= sizeof(table))
		memcpy(buffer, table, bytes);
	return 0;
}

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int set_up(void **state)
{
	cvm_map_init(&map, ranges, 64);
	table_bytes = 0;
	return 0;
}

static void add_e820(uint64_t start, uint64_t end, uint32_t type)
{
	uint8_t *at = table + table_bytes;

	put(at, start, 8);
	put(at + 8, end - start, 8);
	put(at + 16, type, 4);
	table_bytes += 20;
}

static enum cvm_mem_type type_at(uint64_t gpa)
{
	const struct cvm_range *range = cvm_map_find(&map, gpa);

	return range ? range->type : CVM_MEM_NONE;
}

static void test_rom(void **state)
{
	add_e820(0, 0x9fc00, 1);
	add_e820(MIB, 2 * GIB, 1);
	add_e820(4 * GIB, 5 * GIB, 1);
	assert_int_equal(guest_map_of_rom(&map, 12 * MIB), 0);
	assert_int_equal(type_at(0), CVM_MEM_RESERVED);
	assert_int_equal(type_at(4096), CVM_MEM_RAM);
	/* Part of a page is none. */
	assert_int_not_equal(type_at(0x9f000), CVM_MEM_RAM);
	assert_int_not_equal(type_at(0xa0000), CVM_MEM_RAM);
	assert_int_equal(type_at(8 * MIB - 1), CVM_MEM_RAM);
	assert_int_equal(type_at(8 * MIB), CVM_MEM_RESERVED);
	assert_int_equal(type_at(12 * MIB - 1), CVM_MEM_RESERVED);
	assert_int_equal(type_at(12 * MIB), CVM_MEM_RAM);
	assert_int_equal(guest_map_end(&map), 5 * GIB);
	set_up(NULL);
	assert_int_equal(guest_map_of_rom(&map, 12 * MIB), CVM_EIO);
	table_bytes = 20 * 1000;
	assert_int_equal(guest_map_of_rom(&map, 12 * MIB), CVM_EIO);
}

static struct guest_firmware *firmware;

/* UEFI 2.10, 7.2.3: the type, then start and pages behind 4 bytes and 8 bytes. */
static void add_efi(uint64_t start, uint64_t end, uint32_t type)
{
	uint8_t *at = firmware->map + firmware->map_bytes;

	put(at, type, 4);
	put(at + 8, start, 8);
	put(at + 24, (end - start) / 4096, 8);
	firmware->map_bytes += firmware->desc_bytes;
}

static int set_up_firmware(void **state)
{
	firmware = calloc(1, sizeof(*firmware) + 48 * MAX);
	assert_non_null(firmware);
	firmware->desc_bytes = 48;
	firmware->rom = ROM;
	add_efi(0, 0xa0000, 7);
	add_efi(MIB, 8 * MIB, 7);
	add_efi(8 * MIB, 9 * MIB, 10);	/* ACPI NVS */
	add_efi(9 * MIB, 60 * MIB, 4);	/* boot services' data */
	add_efi(60 * MIB, 72 * MIB, 2); /* the loader's, this image among it */
	add_efi(72 * MIB, 2 * GIB, 7);
	add_efi(4 * GIB, 6 * GIB, 15);
	return set_up(state);
}

static int tear_down(void **state)
{
	free(firmware);
	return 0;
}

static void test_firmware(void **state)
{
	uint64_t first, second;

	assert_int_equal(guest_map_of_firmware(&map, firmware, IMAGE), 0);
	assert_int_equal(type_at(0), CVM_MEM_RESERVED);
	assert_int_equal(type_at(8 * MIB), CVM_MEM_NVS);
	/* What was for boot only is free, and accepted. */
	assert_int_equal(type_at(9 * MIB), CVM_MEM_RAM);
	assert_int_equal(type_at(60 * MIB), CVM_MEM_RAM);
	assert_int_equal(type_at(IMAGE - 1), CVM_MEM_RAM);
	assert_int_equal(type_at(IMAGE), CVM_MEM_RESERVED);
	assert_int_equal(type_at(ROM - 1), CVM_MEM_RESERVED);
	assert_int_equal(type_at(ROM + 0x3ffff), CVM_MEM_RESERVED);
	assert_int_equal(type_at(ROM + 0x40000), CVM_MEM_RAM);
	assert_int_equal(type_at(4 * GIB), CVM_MEM_UNACCEPTED);
	assert_int_equal(guest_map_end(&map), 6 * GIB);

	/* What is taken is accepted, above 1 MiB, and is not given to anyone else. */
	first = guest_map_take(&map, 3 * MIB + 1);
	second = guest_map_take(&map, 3 * MIB + 1);
	assert_int_equal(first, MIB);
	assert_true(second >= first + 3 * MIB + 4096);
	assert_int_equal(type_at(first), CVM_MEM_RESERVED);
	assert_int_equal(type_at(first + 3 * MIB + 4095), CVM_MEM_RESERVED);
	assert_int_equal(type_at(second), CVM_MEM_RESERVED);
	/* There is as much, which is not accepted. */
	assert_int_equal(guest_map_take(&map, 2 * GIB), 0);
	assert_int_equal(type_at(4 * GIB), CVM_MEM_UNACCEPTED);
	/* The first page tables end at 4 GiB. */
	assert_int_equal(cvm_map_set(&map, 4 * GIB, 6 * GIB, CVM_MEM_RAM), 0);
	assert_int_equal(guest_map_take(&map, 2 * GIB), 0);
	assert_int_equal(cvm_map_add(&map, 3 * GIB, GIB, CVM_MEM_RAM, 0), 0);
	assert_int_equal(guest_map_take(&map, 2 * GIB), 0);
	assert_int_equal(guest_map_take(&map, GIB), ROM + 0x40000);
	assert_int_equal(guest_map_take(&map, GIB), 3 * GIB);
}

/* The host has made the map. */
static void test_hostile(void **state)
{
	firmware->desc_bytes = 8;
	assert_int_equal(guest_map_of_firmware(&map, firmware, IMAGE), CVM_EINVAL);
	set_up(NULL);
	firmware->desc_bytes = 48;
	firmware->map_bytes--;
	assert_int_equal(guest_map_of_firmware(&map, firmware, IMAGE), CVM_EINVAL);
	/* Not accepted, whatever another entry says. */
	set_up(NULL);
	firmware->map_bytes++;
	add_efi(4 * GIB, 5 * GIB, 7);
	assert_int_equal(guest_map_of_firmware(&map, firmware, IMAGE), 0);
	assert_int_equal(type_at(4 * GIB), CVM_MEM_UNACCEPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rom, set_up),
		cmocka_unit_test_setup_teardown(test_firmware, set_up_firmware, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up_firmware, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
