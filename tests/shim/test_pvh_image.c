/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "shim/pvh_image.h"

/* Files are made by the C library's structures of ELF. */

#define PHYS32_ENTRY 18
#define NOTES	     0x500

static struct {
	Elf64_Ehdr head;
	Elf64_Phdr segment[20];
	uint8_t rest[0x800];
} file;

_Static_assert(sizeof(file.head) == PVH_HEADER, "");

static uint32_t notes_end;

static void put_note(uint32_t type, const char *name, uint32_t name_bytes, const void *content,
		     uint32_t bytes, uint32_t alignment)
{
	uint8_t *at = (uint8_t *)&file + NOTES + notes_end;
	Elf64_Nhdr head = { name_bytes, bytes, type };

	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), name, name_bytes);
	notes_end += (sizeof(head) + name_bytes + alignment - 1) & -alignment;
	memcpy((uint8_t *)&file + NOTES + notes_end, content, bytes);
	notes_end += (bytes + alignment - 1) & -alignment;
	file.segment[0].p_filesz = notes_end;
}

static void put_load(unsigned i, uint64_t offset, uint64_t address, uint64_t bytes, uint64_t memory)
{
	file.segment[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
					.p_offset = offset,
					.p_paddr = address,
					.p_vaddr = address + 0xffffffff80000000,
					.p_filesz = bytes,
					.p_memsz = memory };
}

static void good(void)
{
	const uint32_t entry = 0x100020;

	memset(&file, 0, sizeof(file));
	notes_end = 0;
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] = ELFCLASS64;
	file.head.e_ident[EI_DATA] = ELFDATA2LSB;
	file.head.e_ident[EI_VERSION] = EV_CURRENT;
	file.head.e_type = ET_EXEC;
	file.head.e_machine = EM_X86_64;
	file.head.e_phoff = sizeof(file.head);
	file.head.e_phentsize = sizeof(Elf64_Phdr);
	file.head.e_phnum = 4;
	file.segment[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = NOTES, .p_align = 4 };
	put_load(1, 0, 0x100000, 0x300, 0x300);
	put_load(2, 0x300, 0x100300, 0x100, 0x5000);
	put_load(3, sizeof(file), 0x200000, 0, 0);
	put_note(1, "GNU", 4, "12345", 5, 4);
	put_note(PHYS32_ENTRY, "GNU", 4, "1234", 4, 4);
	put_note(PHYS32_ENTRY, "Xen", 4, &entry, 4, 4);
}

static const char *read_file(struct pvh_image *image)
{
	return pvh_image_read(image, (const uint8_t *)&file, sizeof(file));
}

static void refused(const char *what)
{
	struct pvh_image image;
	const char *wrong = read_file(&image);

	assert_non_null(wrong);
	assert_non_null(strstr(wrong, what));
}

static void test_good(void **state)
{
	struct pvh_image image;

	good();
	assert_true(pvh_image_is((const uint8_t *)&file));
	assert_null(read_file(&image));
	assert_int_equal(image.entry, 0x100020);
	/* The empty one is none. */
	assert_int_equal(image.count, 2);
	assert_int_equal(image.segment[0].address, 0x100000);
	assert_int_equal(image.segment[1].address, 0x100300);
	assert_int_equal(image.segment[1].offset, 0x300);
	assert_int_equal(image.segment[1].file_bytes, 0x100);
	assert_int_equal(image.segment[1].memory_bytes, 0x5000);
	assert_int_equal(pvh_image_memory(&image), 0x5300);
	file.head.e_type = ET_DYN;
	assert_null(read_file(&image));
}

static void test_no_elf(void **state)
{
	struct pvh_image image;

	good();
	assert_non_null(pvh_image_read(&image, (const uint8_t *)&file, PVH_HEADER - 1));
	file.head.e_ident[0] = 'x';
	assert_false(pvh_image_is((const uint8_t *)&file));
	refused("no ELF file");
}

static void test_other_elf(void **state)
{
	good();
	file.head.e_ident[EI_CLASS] = ELFCLASS32;
	refused("64 bits");
	good();
	file.head.e_ident[EI_DATA] = ELFDATA2MSB;
	refused("64 bits");
	good();
	file.head.e_ident[EI_VERSION] = 2;
	refused("64 bits");
	good();
	file.head.e_machine = EM_AARCH64;
	refused("64 bits");
	good();
	file.head.e_type = ET_REL;
	refused("64 bits");
}

static void test_program_headers(void **state)
{
	struct pvh_image image;

	good();
	file.head.e_phnum = 0;
	refused("headers that cannot be");
	file.head.e_phnum = 0xffff;
	refused("headers that cannot be");
	good();
	file.head.e_phentsize = 32;
	refused("headers that cannot be");
	good();
	file.head.e_phoff = sizeof(file) - 4 * sizeof(Elf64_Phdr) + 1;
	refused("headers outside");
	file.head.e_phoff = UINT64_MAX - 8;
	refused("headers outside");
	good();
	assert_non_null(pvh_image_read(&image, (const uint8_t *)&file, PVH_HEADER + 8));
}

static void test_segments(void **state)
{
	struct pvh_image image;

	good();
	file.segment[2].p_filesz = 0x5001;
	refused("larger in the file");
	good();
	file.segment[1].p_offset = sizeof(file) - 0x2ff;
	refused("segment outside of the file");
	file.segment[1].p_offset = UINT64_MAX - 0x100;
	refused("segment outside of the file");
	good();
	file.segment[2].p_paddr = UINT64_C(0x100000000) - 0x5000;
	assert_null(read_file(&image));
	file.segment[2].p_paddr++;
	refused("below 4 GiB");
	file.segment[2].p_paddr = UINT64_MAX - 0xfff;
	refused("below 4 GiB");
	good();
	file.segment[2].p_memsz = UINT64_MAX;
	refused("below 4 GiB");
	good();
	file.segment[2].p_paddr = 0x1002ff;
	refused("overlap");
	file.segment[2].p_paddr = 0x100000 - 0x5000;
	assert_null(read_file(&image));
	file.segment[2].p_paddr++;
	refused("overlap");
}

static void test_too_many(void **state)
{
	struct pvh_image image;

	good();
	for (unsigned i = 3; i < 20; i++)
		put_load(i, 0, 0x200000 + i * 0x1000, 0x10, 0x1000);
	file.head.e_phnum = PVH_SEGMENTS + 1;
	assert_null(read_file(&image));
	assert_int_equal(image.count, PVH_SEGMENTS);
	file.head.e_phnum++;
	refused("too many");
}

static void test_notes(void **state)
{
	static const uint64_t entry = 0x100030;
	struct pvh_image image;

	good();
	file.segment[0].p_offset = sizeof(file) - notes_end + 1;
	refused("notes outside");
	good();
	file.segment[0].p_type = PT_NULL;
	refused("without an entry");
	/* Content that ends behind the notes, name and length that wrap. */
	for (unsigned at = 0; at < 8; at += 4) {
		good();
		memset((uint8_t *)&file + NOTES + at, 0xff, 4);
		refused("too long");
	}
	good();
	file.segment[0].p_filesz = notes_end - 1;
	refused("too long");
	/* Of 8 bytes, in notes that are aligned to 8. */
	good();
	notes_end = 0;
	file.segment[0].p_align = 8;
	put_note(1, "GNU", 4, "12345", 5, 8);
	put_note(PHYS32_ENTRY, "Xen", 4, &entry, 8, 8);
	assert_null(read_file(&image));
	assert_int_equal(image.entry, 0x100030);
}

static void test_large_notes(void **state)
{
	static uint8_t large[0x20000];
	struct pvh_image image;
	const char *wrong;

	good();
	file.segment[0].p_filesz = 0x10001;
	memcpy(large, &file, sizeof(file));
	wrong = pvh_image_read(&image, large, sizeof(large));
	assert_non_null(wrong);
	assert_non_null(strstr(wrong, "notes that are too long"));
}

static void test_entry(void **state)
{
	static const struct {
		uint64_t entry;
		uint32_t bytes;
		const char *what;
	} bad[] = {
		{ 0x100000000, 8, "cannot be" },   { 0, 4, "cannot be" },
		{ 0x100020, 5, "cannot be" },	   { 0xfffff, 4, "outside of its" },
		{ 0x100400, 4, "outside of its" },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		good();
		notes_end = 0;
		put_note(PHYS32_ENTRY, "Xen", 4, &bad[i].entry, bad[i].bytes, 4);
		refused(bad[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_no_elf),
		cmocka_unit_test(test_other_elf), cmocka_unit_test(test_program_headers),
		cmocka_unit_test(test_segments),  cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_notes),	  cmocka_unit_test(test_large_notes),
		cmocka_unit_test(test_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
