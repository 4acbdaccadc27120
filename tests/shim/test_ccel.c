/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shim/ccel.h"

/* ACPI 6.5: the RSDP is 5.2.5.3, a table's header 5.2.6, the CCEL 5.2.34. XSDT and 64-bit pointers:
 * the tables of this test may lie above 4 GiB. */
enum { RSDP = 0, XSDT = 64, BYTES = 512 };

static uint8_t memory[BYTES] __attribute__((aligned(16)));
static uint8_t copies[2][256];
static unsigned copied, room;
static struct acpi_loader loader;

static void *allocate(void *ctx, uint32_t bytes)
{
	assert_true(bytes <= sizeof(copies[0]));
	return copied < room ? copies[copied++] : NULL;
}

static void put(unsigned at, uint64_t value, unsigned bytes)
{
	memcpy(memory + at, &value, bytes);
}

static void start(void)
{
	memset(memory, 0, sizeof(memory));
	memset(copies, 0, sizeof(copies));
	copied = 0;
	room = 2;
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = 2;
	put(RSDP + 24, (uintptr_t)memory + XSDT, 8);
	memcpy(memory + XSDT, "XSDT", 4);
	put(XSDT + 4, 36 + 8, 4);
	put(XSDT + 36, 0x123456789a, 8);
	loader = (struct acpi_loader){ .host = { .allocate = allocate }, .files = 1 };
	strcpy(loader.file[0].name, "tables");
	loader.file[0].data = memory;
	loader.file[0].bytes = BYTES;
}

static const char *add(void)
{
	return ccel_add(&loader, (uintptr_t)memory + RSDP, 0x1122334455, 0x4000);
}

static uint8_t sum(const uint8_t *from, unsigned bytes)
{
	uint8_t total = 0;

	while (bytes--)
		total = (uint8_t)(total + *from++);
	return total;
}

static uint64_t get(const uint8_t *from, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, from, bytes);
	return value;
}

static void test_added(void **state)
{
	const uint8_t *root, *ccel;

	start();
	assert_null(add());
	root = copies[0];
	if (memcmp(root, "XSDT", 4))
		root = copies[1];
	assert_int_equal(get(memory + RSDP + 24, 8), (uintptr_t)root);
	assert_memory_equal(root, "XSDT", 4);
	assert_int_equal(get(root + 4, 4), 36 + 16);
	assert_int_equal(get(root + 36, 8), 0x123456789a);
	ccel = root == copies[0] ? copies[1] : copies[0];
	assert_int_equal(get(root + 44, 8), (uintptr_t)ccel);
	assert_memory_equal(ccel, "CCEL", 4);
	assert_int_equal(get(ccel + 4, 4), 56);
	assert_int_equal(ccel[36], 2); /* TDX */
	assert_int_equal(get(ccel + 40, 8), 0x4000);
	assert_int_equal(get(ccel + 48, 8), 0x1122334455);
	assert_int_equal(sum(ccel, 56), 0);
	assert_int_equal(sum(root, 52), 0);
	assert_int_equal(sum(memory + RSDP, 20), 0);
	assert_int_equal(sum(memory + RSDP, 36), 0);
}

static void refused(const char *what)
{
	const char *wrong = add();

	assert_non_null(wrong);
	assert_non_null(strstr(wrong, what));
	assert_true(room < 2 || get(memory + RSDP + 24, 8) != (uintptr_t)copies[0]);
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
	put(XSDT + 4, 36 + 8 + 4, 4);
	refused("within a pointer");
	for (unsigned blocks = 0; blocks < 2; blocks++) {
		start();
		room = blocks;
		refused("memory");
	}
}

/* Revision 0 has the RSDT alone, whose pointers are too short for what lies above 4 GiB. */
static void test_rsdt(void **state)
{
	start();
	memory[RSDP + 15] = 0;
	put(RSDP + 16, 0, 4);
	refused("root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rsdt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
