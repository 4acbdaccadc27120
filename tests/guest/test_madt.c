/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/guest.h"

/* Tables as ACPI 6.5, chapter 5, has them, in memory of this process. */
enum { RSDP = 0x10, XSDT = 0x40, FACP = 0x100, MADT = 0x200, BYTES = 0x1000 };
enum { MAILBOX = 0x7f000 };

static uint8_t tables[BYTES] __attribute__((aligned(4096)));
static struct cvm_range ranges[8];
static struct cvm_map map;

static void put(size_t at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		tables[at + i] = (uint8_t)(value >> 8 * i);
}

static uint64_t address(size_t at)
{
	return (uintptr_t)tables + at;
}

static void put_table(size_t at, const char *signature, uint32_t length)
{
	memcpy(tables + at, signature, 4);
	put(at + 4, length, 4);
}

/* A local APIC, then the wakeup structure, in the second table of the XSDT. */
static int set_up(void **state)
{
	memset(tables, 0, sizeof(tables));
	memcpy(tables + RSDP, "RSD PTR ", 8);
	put(RSDP + 24, address(XSDT), 8);
	put_table(XSDT, "XSDT", 36 + 2 * 8);
	put(XSDT + 36, address(FACP), 8);
	put(XSDT + 44, address(MADT), 8);
	put_table(FACP, "FACP", 0x80);
	put_table(MADT, "APIC", 44 + 8 + 16);
	put(MADT + 44, 0x0800, 2);
	put(MADT + 52, 0x1010, 2);
	put(MADT + 60, MAILBOX, 8);
	cvm_map_init(&map, ranges, 8);
	return cvm_map_add(&map, MAILBOX, 4096, CVM_MEM_NVS, 0) ||
	       cvm_map_add(&map, address(0), BYTES, CVM_MEM_ACPI, 0);
}

static uint64_t find(void)
{
	return guest_madt_mailbox(&map, address(RSDP));
}

static void test_mailbox(void **state)
{
	assert_int_equal(find(), MAILBOX);
	/* Nothing behind a table's end is taken. */
	put(MADT + 4, 44 + 8, 4);
	assert_int_equal(find(), 0);
	set_up(NULL);
	put(XSDT + 4, 36 + 8, 4);
	assert_int_equal(find(), 0);
	/* Half of an entry is none. */
	put(XSDT + 4, 36 + 15, 4);
	assert_int_equal(find(), 0);
}

static void test_wrong(void **state)
{
	static const struct {
		size_t at, bytes;
		uint64_t value;
	} wrong[] = {
		{ RSDP, 1, 'r' },
		{ RSDP + 24, 8, 0 },
		{ RSDP + 24, 8, 1 },
		{ XSDT, 1, 'R' },
		{ XSDT + 4, 4, 35 },
		{ XSDT + 4, 4, UINT32_MAX },
		{ XSDT + 4, 4, 0 },
		{ MADT, 1, 'B' },
		{ MADT + 4, 4, 36 },
		{ MADT + 4, 4, 0 },
		{ MADT + 4, 4, BYTES },
		{ MADT + 4, 4, 45 },
		{ MADT + 45, 1, 0 },
		{ MADT + 45, 1, 1 },
		{ MADT + 45, 1, 25 },
		{ MADT + 53, 1, 15 },
		{ MADT + 53, 1, 17 },
		{ MADT + 60, 8, 0 },
		{ MADT + 60, 8, MAILBOX + 8 },
		{ MADT + 60, 8, MAILBOX - 4096 },
		{ MADT + 60, 8, MAILBOX + 4096 },
		{ MADT + 60, 8, UINT64_MAX - 4095 },
		{ XSDT + 44, 8, UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		set_up(NULL);
		put(wrong[i].at, wrong[i].value, wrong[i].bytes);
		if (find())
			fail_msg("case %zu", i);
	}
	assert_int_equal(guest_madt_mailbox(&map, 0), 0);
}

/* The kernel writes to it, wherever the host's table says that it is. */
static void test_mailbox_memory(void **state)
{
	static const enum cvm_mem_type types[] = { CVM_MEM_RAM, CVM_MEM_ACPI, CVM_MEM_RESERVED,
						   CVM_MEM_UNACCEPTED };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(cvm_map_set(&map, MAILBOX, MAILBOX + 4096, types[i]), 0);
		assert_int_equal(find(), 0);
	}
	assert_int_equal(cvm_map_set(&map, MAILBOX, MAILBOX + 4096, CVM_MEM_NVS), 0);
	assert_int_equal(find(), MAILBOX);
}

/* What firmware has not accepted is not read: it is not mapped here. */
static void test_unaccepted(void **state)
{
	const uint64_t far = 0x100000000000;

	assert_int_equal(cvm_map_add(&map, far, 4096, CVM_MEM_UNACCEPTED, 0), 0);
	assert_int_equal(guest_madt_mailbox(&map, far), 0);
	put(XSDT + 36, far, 8);
	assert_int_equal(find(), MAILBOX);
	put(XSDT + 44, far, 8);
	assert_int_equal(find(), 0);
	put(RSDP + 24, far + 4000, 8);
	assert_int_equal(find(), 0);
	set_up(NULL);
	assert_int_equal(cvm_map_set(&map, address(0), address(BYTES), CVM_MEM_UNACCEPTED), 0);
	assert_int_equal(find(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_mailbox, set_up),
		cmocka_unit_test_setup(test_wrong, set_up),
		cmocka_unit_test_setup(test_mailbox_memory, set_up),
		cmocka_unit_test_setup(test_unaccepted, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
