/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/guest.h"

/* The file of fw_cfg that QEMU's firmware makes ACPI tables from: a FACS, a DSDT and a MADT with
 * two kinds of processors and what else it may list (ACPI 6.5, 5.2.12). */
enum { SELECTOR = 0x27, FACS = 0, DSDT = 64, MADT = 164, ENTRIES = MADT + 44, BYTES = 8192 };

static uint8_t file[BYTES];
static uint32_t file_bytes;
static bool is_broken;
static uint32_t ids[16];

uint32_t bare_fw_cfg_find(const char *name, uint16_t *selector)
{
	if (strcmp(name, "etc/acpi/tables"))
		return 0;
	*selector = SELECTOR;
	return file_bytes;
}

int bare_fw_cfg_read_at(uint16_t selector, uint32_t offset, void *buffer, uint32_t bytes)
{
	assert_int_equal(selector, SELECTOR);
	assert_true(offset <= file_bytes && bytes <= file_bytes - offset);
	memcpy(buffer, file + offset, bytes);
	return is_broken ? CVM_EIO : 0;
}

static void put32(size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		file[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_table(size_t at, const char *signature, uint32_t length)
{
	memcpy(file + at, signature, 4);
	put32(at + 4, length);
}

static void put_local_apic(size_t at, uint8_t id, uint32_t flags)
{
	const uint8_t entry[4] = { 0, 8, 0x77, id };

	memcpy(file + at, entry, sizeof(entry));
	put32(at + 4, flags);
}

static void put_x2apic(size_t at, uint32_t id, uint32_t flags)
{
	file[at] = 9;
	file[at + 1] = 16;
	put32(at + 4, id);
	put32(at + 8, flags);
	put32(at + 12, 0x77);
}

/* 0, 1, one that is not there, an I/O APIC, and 4; 0x1234, another one that is not there, 6. */
static int set_up(void **state)
{
	memset(file, 0, sizeof(file));
	memset(ids, 0xee, sizeof(ids));
	put_table(FACS, "FACS", DSDT - FACS);
	put_table(DSDT, "DSDT", MADT - DSDT);
	put_table(MADT, "APIC", 44 + 5 * 8 + 12 + 2 * 16);
	put_local_apic(ENTRIES, 0, 1);
	put_local_apic(ENTRIES + 8, 1, 1);
	put_local_apic(ENTRIES + 16, 2, 2);
	file[ENTRIES + 24] = 1;
	file[ENTRIES + 25] = 12;
	put_local_apic(ENTRIES + 36, 4, 3);
	put_x2apic(ENTRIES + 44, 0x1234, 1);
	put_x2apic(ENTRIES + 60, 0x1235, 0);
	put_local_apic(ENTRIES + 76, 6, 1);
	file_bytes = 4096;
	is_broken = false;
	return 0;
}

static void test_ids(void **state)
{
	static const uint32_t expected[] = { 0, 1, 4, 0x1234, 6 };

	assert_int_equal(guest_apic_ids(ids, 5), 0);
	assert_memory_equal(ids, expected, sizeof(expected));
	assert_int_equal(ids[5], 0xeeeeeeee);
	memset(ids, 0xee, sizeof(ids));
	assert_int_equal(guest_apic_ids(ids, 2), 0);
	assert_memory_equal(ids, expected, 2 * sizeof(ids[0]));
	assert_int_equal(ids[2], 0xeeeeeeee);
	assert_int_equal(guest_apic_ids(ids, 6), CVM_EIO);
}

/* Whose length goes beyond what is read of it: the processors come first. */
static void test_large(void **state)
{
	put32(MADT + 4, 6000);
	file_bytes = MADT + 6000;
	assert_int_equal(guest_apic_ids(ids, 5), 0);
	assert_int_equal(ids[4], 6);
}

static void test_wrong(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} wrong[] = {
		{ MADT, 'B' },
		{ FACS + 4, 0 },
		{ FACS + 4, 35 },
		{ FACS + 7, 0xff },
		{ DSDT + 7, 1 },
		{ MADT + 4, 44 },	   /* no entries */
		{ MADT + 4, 44 + 76 + 7 }, /* not all of the last one */
		{ MADT + 7, 1 },
		{ ENTRIES + 1, 0 },
		{ ENTRIES + 1, 1 },
		{ ENTRIES + 1, 7 },
		{ ENTRIES + 4, 0 },
		{ ENTRIES + 11, 0 }, /* one of them twice */
		{ ENTRIES + 45, 15 },
		{ ENTRIES + 77, 9 },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		set_up(NULL);
		file[wrong[i].at] = wrong[i].value;
		if (guest_apic_ids(ids, 5) != CVM_EIO)
			fail_msg("case %zu", i);
	}
}

static void test_no_file(void **state)
{
	for (file_bytes = 0; file_bytes < ENTRIES + 84; file_bytes++)
		assert_int_equal(guest_apic_ids(ids, 5), CVM_EIO);
	assert_int_equal(guest_apic_ids(ids, 5), 0);
	set_up(NULL);
	is_broken = true;
	assert_int_equal(guest_apic_ids(ids, 5), CVM_EIO);
	/* Tables without end. */
	set_up(NULL);
	memset(file, 0, sizeof(file));
	for (size_t at = 0; at + 36 <= BYTES; at += 36)
		put_table(at, "SSDT", 36);
	file_bytes = BYTES;
	assert_int_equal(guest_apic_ids(ids, 1), CVM_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ids, set_up),
		cmocka_unit_test_setup(test_large, set_up),
		cmocka_unit_test_setup(test_wrong, set_up),
		cmocka_unit_test_setup(test_no_file, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
