/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim/acpi_loader.h"

/* QEMU's docs/specs and hw/acpi/bios-linker-loader.c: commands of 128 bytes, with names of 56. */
static uint8_t commands[4][128];
static uint8_t memory[4][4096] __attribute__((aligned(4096)));
static unsigned allocated;
static uint8_t written[16];
static struct acpi_loader loader;

static void *allocate(void *ctx, uint32_t bytes)
{
	return allocated < 4 && bytes <= 4096 ? memory[allocated++] : NULL;
}

static uint32_t find(void *ctx, const char *name)
{
	if (!strcmp(name, "huge"))
		return UINT32_MAX;
	if (!strcmp(name, "address"))
		return sizeof(written);
	return !strcmp(name, "rsdp") ? 40 : !strcmp(name, "tables") ? 1000 : 0;
}

static bool read(void *ctx, const char *name, void *to, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		((uint8_t *)to)[i] = (uint8_t)i;
	return true;
}

static bool host_write(void *ctx, const char *name, uint32_t offset, const void *from,
		       uint32_t bytes)
{
	memcpy(written + offset, from, bytes);
	return true;
}

static void put32(unsigned i, unsigned at, uint32_t value)
{
	memcpy(commands[i] + at, &value, 4);
}

static void name(unsigned i, unsigned at, const char *text)
{
	strcpy((char *)commands[i] + at, text);
}

static void put_allocate(unsigned i, const char *file, uint32_t align)
{
	put32(i, 0, 1);
	name(i, 4, file);
	put32(i, 60, align);
	commands[i][64] = 1;
}

static void put_pointer(unsigned i, uint32_t offset, uint8_t bytes)
{
	put32(i, 0, 2);
	name(i, 4, "rsdp");
	name(i, 60, "tables");
	put32(i, 116, offset);
	commands[i][120] = bytes;
}

static void put_checksum(unsigned i, uint32_t offset, uint32_t start, uint32_t length)
{
	put32(i, 0, 3);
	name(i, 4, "rsdp");
	put32(i, 60, offset);
	put32(i, 64, start);
	put32(i, 68, length);
}

static void put_write(unsigned i, uint32_t offset, uint32_t from, uint8_t bytes)
{
	put32(i, 0, 4);
	name(i, 4, "address");
	name(i, 60, "tables");
	put32(i, 116, offset);
	put32(i, 120, from);
	commands[i][124] = bytes;
}

/* Two files. */
static void start(void)
{
	memset(commands, 0, sizeof(commands));
	memset(memory, 0, sizeof(memory));
	memset(written, 0, sizeof(written));
	allocated = 0;
	loader = (struct acpi_loader){
		.host = { .allocate = allocate, .find = find, .read = read, .write = host_write },
	};
	put_allocate(0, "rsdp", 16);
	put_allocate(1, "tables", 64);
}

static const char *run(unsigned count)
{
	return acpi_loader_run(&loader, commands, count * sizeof(commands[0]));
}

static void refused(unsigned count, const char *what)
{
	const char *wrong = run(count);

	assert_non_null(wrong);
	assert_non_null(strstr(wrong, what));
}

static void test_good(void **state)
{
	uint64_t pointer;
	uint8_t sum = 0;

	start();
	/* The bytes there, 0x0908, are no offset into a file of 1000: two bytes are one. */
	put_pointer(2, 0, 8);
	put_checksum(3, 20, 0, 40);
	assert_non_null(run(4));
	start();
	put_pointer(2, 1, 1);
	assert_non_null(run(3)); /* an address of more than 8 bits */
	start();
	put_checksum(2, 20, 0, 40);
	put_write(3, 8, 999, 8);
	assert_null(run(4));
	assert_ptr_equal(acpi_loader_file(&loader, "tables")->data, memory[1]);
	for (unsigned i = 0; i < 40; i++)
		sum = (uint8_t)(sum + memory[0][i]);
	assert_int_equal(sum, 0);
	memcpy(&pointer, written + 8, 8);
	assert_int_equal(pointer, (uintptr_t)memory[1] + 999);
}

/* What is there is an offset, to which the file's address is added. */
static void test_pointer(void **state)
{
	uint64_t offset = 123, pointer;

	start();
	assert_null(run(2));
	memcpy(memory[0] + 16, &offset, 8);
	put_pointer(2, 16, 8);
	assert_null(acpi_loader_run(&loader, commands[2], 128));
	memcpy(&pointer, memory[0] + 16, 8);
	assert_int_equal(pointer, (uintptr_t)memory[1] + 123);
	offset = 1000;
	memcpy(memory[0] + 16, &offset, 8);
	assert_non_null(acpi_loader_run(&loader, commands[2], 128));
	for (unsigned i = 0; i < 40; i++)
		if (i < 16 || i >= 24)
			assert_int_equal(memory[0][i], i);
}

static void test_refused(void **state)
{
	start();
	assert_non_null(acpi_loader_run(&loader, commands, 127));
	start();
	put_allocate(2, "tables", 64);
	refused(3, "twice");
	start();
	put_allocate(2, "huge", 64);
	refused(3, "large");
	start();
	put_allocate(2, "none", 64);
	refused(3, "not there");
	start();
	put_allocate(1, "tables", 8192);
	refused(2, "alignment");
	put_allocate(1, "tables", 3);
	start();
	put_allocate(1, "tables", 0);
	refused(2, "alignment");
	start();
	memset(commands[1] + 4, 'x', 56);
	refused(2, "no name");
	start();
	put_pointer(2, 33, 8);
	refused(3, "outside");
	start();
	put_pointer(2, UINT32_MAX, 8);
	refused(3, "outside");
	start();
	put_pointer(2, 0, 3);
	refused(3, "outside");
	start();
	put_pointer(2, 0, 8);
	name(2, 60, "nobody");
	refused(3, "not allocated");
	start();
	put_checksum(2, 40, 0, 40);
	refused(3, "outside");
	start();
	put_checksum(2, 0, 1, 40);
	refused(3, "outside");
	start();
	put_checksum(2, 0, UINT32_MAX, 2);
	refused(3, "outside");
	start();
	put_write(2, 9, 0, 8);
	refused(3, "outside");
	start();
	put_write(2, 8, 1000, 8);
	refused(3, "outside");
	start();
	put_write(2, 0, 0, 1);
	refused(3, "bytes");
}

static void test_at(void **state)
{
	start();
	assert_null(run(2));
	assert_ptr_equal(acpi_loader_at(&loader, (uintptr_t)memory[1] + 1, 999), memory[1] + 1);
	assert_null(acpi_loader_at(&loader, (uintptr_t)memory[1] + 1, 1000));
	assert_null(acpi_loader_at(&loader, (uintptr_t)memory[1] + 1000, 0));
	assert_null(acpi_loader_at(&loader, (uintptr_t)memory[1], UINT64_MAX));
	assert_null(acpi_loader_at(&loader, 0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
