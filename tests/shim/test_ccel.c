/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "shim/ccel.h"

/* ACPI 6.5: the RSDP is 5.2.5.3, a table's header 5.2.6, the CCEL 5.2.34. XSDT and 64-bit pointers:
 * the tables of this test may lie above 4 GiB. */
enum { RSDP = 0, XSDT = 64, BYTES = 512 };

static uint8_t memory[BYTES] __attribute__((aligned(16)));
static uint8_t copies[2][256];
static uint8_t *low_copies; /* below 4 GiB; NULL: copies[] are given */
static unsigned copied, room;
static struct acpi_loader loader;

static void *allocate(void *ctx, uint32_t bytes)
{
	assert_true(bytes <= sizeof(copies[0]));
	if (copied >= room)
		return NULL;
	return low_copies ? low_copies + sizeof(copies[0]) * copied++ : copies[copied++];
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
	low_copies = NULL;
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

/* QEMU's: an RSDT, and tables below 4 GiB. */
static uint8_t *start_low(void)
{
	uint8_t *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		skip();
	start();
	memory[RSDP + 15] = 0;
	put(RSDP + 16, (uintptr_t)low + XSDT, 4);
	put(RSDP + 24, UINT64_MAX, 8); /* no part of revision 0 */
	memcpy(memory + XSDT, "RSDT", 4);
	put(XSDT + 4, 36 + 4, 4);
	memcpy(low, memory, BYTES);
	loader.file[0].data = low;
	return low;
}

static void test_rsdt_added(void **state)
{
	uint8_t *low = start_low(), *root, *ccel;

	low_copies = low + BYTES;
	assert_null(ccel_add(&loader, (uintptr_t)low + RSDP, 1, 2));
	root = (uint8_t *)(uintptr_t)get(low + RSDP + 16, 4);
	assert_memory_equal(root, "RSDT", 4);
	assert_int_equal(get(root + 4, 4), 36 + 8);
	assert_int_equal(get(root + 36, 4), get(memory + XSDT + 36, 4));
	ccel = (uint8_t *)(uintptr_t)get(root + 40, 4);
	assert_memory_equal(ccel, "CCEL", 4);
	assert_int_equal(sum(root, 44), 0);
	assert_int_equal(sum(low + RSDP, 20), 0);
	/* Nothing behind the RSDP is written to. */
	assert_memory_equal(low + 20, memory + 20, BYTES - 20);
	munmap(low, 4096);
}

/* A pointer of the RSDT would be cut off. */
static void test_rsdt_above_4g(void **state)
{
	uint8_t *low = start_low();

	if ((uintptr_t)copies <= UINT32_MAX)
		skip();
	assert_non_null(ccel_add(&loader, (uintptr_t)low + RSDP, 1, 2));
	assert_memory_equal(low, memory, BYTES);
	munmap(low, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_added),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rsdt),	      cmocka_unit_test(test_rsdt_added),
		cmocka_unit_test(test_rsdt_above_4g),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
