/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "formats/pe.h"

/*
 * A program laid out by hand, as Microsoft's "PE Format" has it: the place of the signature at
 * 0x3c; after the signature a COFF header of 20 bytes, an optional header of a size that the COFF
 * header names, and section headers of 40 bytes. The string table follows the symbols, of 18 bytes.
 */
#define SIGNATURE 0x80
#define COFF	  0x84
#define OPTIONAL  0x98
#define SECTIONS  0x188
#define SYMBOLS	  0x300
#define STRINGS	  (SYMBOLS + 2 * 18)
#define SIZE	  0x800

static uint8_t file[SIZE];
static const struct bytes bytes = { file, SIZE };

static void put(size_t offset, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		file[offset + i] = (uint8_t)(value >> 8 * i);
}

static void put_section(unsigned int i, const char *name, uint32_t virtual_size, uint32_t size,
			uint32_t offset)
{
	size_t at = SECTIONS + 40 * i;

	memcpy(file + at, name, strlen(name));
	put(at + 8, virtual_size, 4);
	put(at + 16, size, 4);
	put(at + 20, offset, 4);
}

static void make_file(void)
{
	memset(file, 0, SIZE);
	memcpy(file, "MZ", 2);
	put(0x3c, SIGNATURE, 4);
	memcpy(file + SIGNATURE, "PE\0\0", 4);
	put(COFF, 0x8664, 2);
	put(COFF + 2, 3, 2);
	put(COFF + 8, SYMBOLS, 4);
	put(COFF + 12, 2, 4);
	put(COFF + 16, SECTIONS - OPTIONAL, 2);
	put(OPTIONAL + 56, 0x12345000, 4);
	put(OPTIONAL + 68, 10, 2);
	put_section(0, ".text123", 0x100, 0x200, 0x400); /* the raw size is padded */
	put_section(1, "/4", 0x300, 0x200, 0x600);	 /* it has zeros in memory */
	put_section(2, ".sbat", 0, 0x10, 0x600);
	memcpy(file + STRINGS + 4, ".a-longer-name", 14);
}

static void test_headers(void **state)
{
	struct pe pe;

	make_file();
	assert_true(pe_open(bytes, &pe));
	assert_int_equal(pe.machine, 0x8664);
	assert_int_equal(pe.image_size, 0x12345000);
	assert_int_equal(pe.subsystem, PE_SUBSYSTEM_EFI_APPLICATION);
	assert_int_equal(pe.sections, 3);
	assert_int_equal(pe.table, SECTIONS);
	assert_int_equal(pe.strings, STRINGS);
	put(COFF + 8, 0, 4);
	assert_true(pe_open(bytes, &pe));
	assert_int_equal(pe.strings, 0);
	put(COFF + 2, 97, 2);
	assert_true(pe_open(bytes, &pe));
	assert_int_equal(pe.sections, 96);
}

static void test_sections(void **state)
{
	struct pe_section section;
	struct pe pe;

	make_file();
	assert_true(pe_open(bytes, &pe));
	assert_true(pe_section(&pe, 0, &section));
	assert_string_equal(section.name, ".text123");
	assert_ptr_equal(section.bytes.data, file + 0x400);
	assert_int_equal(section.bytes.size, 0x100);
	assert_false(section.outside);
	assert_true(pe_section(&pe, 1, &section));
	assert_string_equal(section.name, ".a-longer-name");
	assert_int_equal(section.bytes.size, 0x200);
	assert_true(pe_section(&pe, 2, &section));
	assert_int_equal(section.bytes.size, 0x10);
	assert_false(pe_section(&pe, 3, &section));
	assert_true(pe_find(&pe, ".sbat", &section));
	assert_ptr_equal(section.bytes.data, file + 0x600);
	assert_false(pe_find(&pe, ".text", &section));
}

static void test_outside(void **state)
{
	struct pe_section section;
	struct pe pe;

	make_file();
	put_section(1, "/4", 0x300, 0x201, 0x600);
	put_section(2, ".sbat", 0, 0x10, 0xfffffff0);
	assert_true(pe_open(bytes, &pe));
	assert_true(pe_section(&pe, 1, &section));
	assert_true(section.outside);
	assert_int_equal(section.bytes.size, 0x200);
	assert_true(pe_section(&pe, 2, &section));
	assert_true(section.outside);
	assert_int_equal(section.bytes.size, 0);
	/* Without content there is nothing to lie outside. */
	put_section(2, ".sbat", 0, 0, 0xfffffff0);
	assert_true(pe_section(&pe, 2, &section));
	assert_false(section.outside);
}

/* "Optional Header Data Directories (Image Only)": the fifth, whose address is one in the file. */
static void test_certificates(void **state)
{
	static const struct {
		uint16_t magic;
		size_t count;
	} headers[] = { { 0x20b, OPTIONAL + 108 }, { 0x10b, OPTIONAL + 92 } };
	struct pe pe;

	for (size_t i = 0; i < 2; i++) {
		size_t count = headers[i].count, entry = count + 4 + 4 * 8;

		make_file();
		put(OPTIONAL, headers[i].magic, 2);
		put(count, 5, 4);
		put(entry, 0x620, 4);
		put(entry + 4, 0x1e0, 4);
		assert_true(pe_open(bytes, &pe));
		assert_ptr_equal(pe_certificates(&pe).data, file + 0x620);
		assert_int_equal(pe_certificates(&pe).size, 0x1e0);
		/* It ends behind the file. */
		put(entry + 4, 0x1e1, 4);
		assert_int_equal(pe_certificates(&pe).size, 0);
		put(entry + 4, 0x1e0, 4);
		/* There are fewer directories. */
		put(count, 4, 4);
		assert_true(pe_open(bytes, &pe));
		assert_int_equal(pe_certificates(&pe).size, 0);
	}
}

static void test_none(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		unsigned int size;
	} changes[] = {
		{ 0, 'Z', 1 },	       { SIGNATURE + 1, 'Z', 1 }, { SIGNATURE + 3, 1, 1 },
		{ 0x3c, SIZE - 3, 4 }, { 0x3c, 0xfffffffe, 4 },
	};
	struct pe pe;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_file();
		put(changes[i].offset, changes[i].value, changes[i].size);
		assert_false(pe_open(bytes, &pe));
	}
}

/* The file ends anywhere: no byte behind its end is read, which valgrind and ASan see. */
static void test_cut_off(void **state)
{
	struct pe_section section;
	struct pe pe;

	make_file();
	for (size_t size = 0; size < SIZE; size++) {
		uint8_t *copy = malloc(size ? size : 1);
		unsigned int count = 0;

		assert_non_null(copy);
		memcpy(copy, file, size);
		if (pe_open((struct bytes){ copy, size }, &pe))
			while (pe_section(&pe, count, &section))
				count++;
		assert_int_equal(count, size < SECTIONS + 40	   ? 0
					: size < SECTIONS + 80	   ? 1
					: size < SECTIONS + 3 * 40 ? 2
								   : 3);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers), cmocka_unit_test(test_sections),
		cmocka_unit_test(test_outside), cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_none),	cmocka_unit_test(test_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
