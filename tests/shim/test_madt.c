/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim/madt.h"

/* ACPI 6.5: the RSDP is 5.2.5.3, a table's header 5.2.6, the MADT 5.2.12. XSDT and 64-bit pointers:
 * the tables of this test may lie above 4 GiB. */
enum { RSDP = 0, XSDT = 64, FACP = 256, MADT = 512, BYTES = 1024 };

static uint8_t memory[BYTES] __attribute__((aligned(16)));
static uint8_t copies[4096];
static struct acpi_loader loader;
static uint32_t apic_ids[4];
static struct madt_wakeup wakeup = {
	.mailbox = 0x812000, .reset_vector = 0x801234, .apic_ids = apic_ids, .max_cpus = 4
};

static void *allocate(void *ctx, uint32_t bytes)
{
	return bytes <= sizeof(copies) ? copies : NULL;
}

static void put(unsigned at, uint64_t value, unsigned bytes)
{
	memcpy(memory + at, &value, bytes);
}

static void table(unsigned at, const char *name, uint32_t bytes)
{
	memcpy(memory + at, name, 4);
	put(at + 4, bytes, 4);
}

static void start(void)
{
	static const uint8_t entries[] = {
		0, 8,  0, 3, 1,	   0, 0,    0,				  /* local APIC 3 */
		1, 12, 0, 0, 0,	   0, 0xc0, 0xfe, 0, 0, 0, 0,		  /* I/O APIC */
		9, 16, 0, 0, 0x45, 1, 0,    0,	  1, 0, 0, 0, 0, 0, 0, 0, /* x2APIC 0x145 */
	};

	memset(memory, 0, sizeof(memory));
	memset(copies, 0, sizeof(copies));
	memset(apic_ids, 0xff, sizeof(apic_ids));
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = 2;
	put(RSDP + 24, (uintptr_t)memory + XSDT, 8);
	table(XSDT, "XSDT", 36 + 16);
	put(XSDT + 36, (uintptr_t)memory + FACP, 8);
	put(XSDT + 44, (uintptr_t)memory + MADT, 8);
	table(FACP, "FACP", 200);
	table(MADT, "APIC", 44 + sizeof(entries));
	memcpy(memory + MADT + 44, entries, sizeof(entries));
	loader = (struct acpi_loader){ .host = { .allocate = allocate }, .files = 1 };
	strcpy(loader.file[0].name, "tables");
	loader.file[0].data = memory;
	loader.file[0].bytes = BYTES;
}

static const char *add(void)
{
	return madt_add_wakeup(&loader, (uintptr_t)memory + RSDP, &wakeup);
}

static uint8_t sum(const uint8_t *from, unsigned bytes)
{
	uint8_t total = 0;

	while (bytes--)
		total = (uint8_t)(total + *from++);
	return total;
}

static void test_added(void **state)
{
	static const uint8_t expected[24] = { 16,   24,	  1,	0, 0, 0, 0, 0,
					      0x00, 0x20, 0x81, 0, 0, 0, 0, 0,
					      0x34, 0x12, 0x80, 0, 0, 0, 0, 0 };
	uint64_t pointer;
	uint32_t length;

	start();
	assert_null(add());
	memcpy(&pointer, memory + XSDT + 44, 8);
	assert_int_equal(pointer, (uintptr_t)copies);
	memcpy(&length, copies + 4, 4);
	assert_int_equal(length, 44 + 36 + 24);
	assert_memory_equal(copies + 44, memory + MADT + 44, 36);
	assert_memory_equal(copies + 80, expected, 24);
	assert_int_equal(sum(copies, length), 0);
	assert_int_equal(sum(memory + XSDT, 52), 0);
	assert_int_equal(apic_ids[0], 3);
	assert_int_equal(apic_ids[1], 0x145);
	assert_int_equal(apic_ids[2], UINT32_MAX);
}

static void refused(const char *what)
{
	const char *wrong = add();

	assert_non_null(wrong);
	assert_non_null(strstr(wrong, what));
}

static void test_refused(void **state)
{
	start();
	loader.file[0].bytes = 19;
	refused("RSDP");
	start();
	loader.file[0].bytes = 35;
	refused("RSDP");
	start();
	put(RSDP + 24, (uintptr_t)memory + BYTES - 35, 8);
	refused("root");
	start();
	put(XSDT + 4, BYTES, 4);
	refused("root");
	start();
	put(XSDT + 4, 35, 4);
	refused("root");
	start();
	put(XSDT + 36, 0x1000, 8);
	refused("table is not");
	start();
	put(XSDT + 4, 44, 4);
	refused("no MADT");
	start();
	put(MADT + 4, 43, 4);
	refused("entry");
	start();
	memory[MADT + 45] = 0;
	refused("entry");
	start();
	memory[MADT + 45] = 37;
	refused("entry");
	start();
	put(MADT + 4, 44 + 37, 4);
	refused("entry");
	start();
	memory[MADT + 44] = 16; /* there is one already */
	refused("entry");
}

/* More CPUs than there is room for are left out. */
static void test_many(void **state)
{
	start();
	wakeup.max_cpus = 1;
	assert_null(add());
	wakeup.max_cpus = 4;
	assert_int_equal(apic_ids[0], 3);
	assert_int_equal(apic_ids[1], UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
