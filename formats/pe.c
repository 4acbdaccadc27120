/* SPDX-License-Identifier: MIT */
#include "formats/pe.h"

enum {
	PE_OFFSET = 0x3c, /* "MS-DOS Stub" */
	COFF = 4,	  /* "COFF File Header", after the signature "PE\0\0" */
	COFF_SECTIONS = COFF + 2,
	COFF_SYMBOLS = COFF + 8,
	COFF_SYMBOL_COUNT = COFF + 12,
	COFF_OPTIONAL_SIZE = COFF + 16,
	OPTIONAL = COFF + 20,
	/* "Optional Header Windows-Specific Fields": the same places in PE32 and PE32+. */
	OPTIONAL_SIZE_OF_IMAGE = OPTIONAL + 56,
	OPTIONAL_SUBSYSTEM = OPTIONAL + 68,
	/* "Optional Header Data Directories": the fifth, behind their number. */
	OPTIONAL_DIRECTORIES = OPTIONAL + 92,
	OPTIONAL_DIRECTORIES_64 = OPTIONAL + 108,
	DIRECTORY_CERTIFICATES = 4,
	SYMBOL_SIZE = 18,
	SECTION_SIZE = 40,
	MAX_SECTIONS = 96,
};

#define MAGIC_64 0x20b

/* 0: the headers have no such directory. */
static uint64_t find_certificates(struct bytes bytes, uint64_t start)
{
	bool is_64 = bytes_u16(bytes, start + OPTIONAL) == MAGIC_64;
	uint64_t count = start + (is_64 ? OPTIONAL_DIRECTORIES_64 : OPTIONAL_DIRECTORIES);

	if (bytes_u32(bytes, count) <= DIRECTORY_CERTIFICATES)
		return 0;
	return count + 4 + 8 * DIRECTORY_CERTIFICATES;
}

bool pe_open(struct bytes bytes, struct pe *pe)
{
	uint64_t start = bytes_u32(bytes, PE_OFFSET), symbols;

	if (!bytes_are(bytes, 0, "MZ", 2) || !bytes_are(bytes, start, "PE\0", 4))
		return false;
	pe->bytes = bytes;
	pe->machine = bytes_u16(bytes, start + COFF);
	pe->image_size = bytes_u32(bytes, start + OPTIONAL_SIZE_OF_IMAGE);
	pe->certificates = find_certificates(bytes, start);
	pe->subsystem = bytes_u16(bytes, start + OPTIONAL_SUBSYSTEM);
	pe->sections = bytes_u16(bytes, start + COFF_SECTIONS);
	pe->table = start + OPTIONAL + bytes_u16(bytes, start + COFF_OPTIONAL_SIZE);
	symbols = bytes_u32(bytes, start + COFF_SYMBOLS);
	pe->strings = symbols;
	if (symbols)
		pe->strings += (uint64_t)bytes_u32(bytes, start + COFF_SYMBOL_COUNT) * SYMBOL_SIZE;
	if (pe->sections > MAX_SECTIONS)
		pe->sections = MAX_SECTIONS;
	return true;
}

/* A name "/123" is at that offset in the string table. */
static void read_name(const struct pe *pe, uint64_t at, char *name, size_t size)
{
	struct bytes text = bytes_part(pe->bytes, at, 8);
	uint64_t offset = 0;
	size_t used = 0;

	if (pe->strings && bytes_are(text, 0, "/", 1)) {
		for (int i = 1; i < 8 && text.data[i] >= '0' && text.data[i] <= '9'; i++)
			offset = offset * 10 + text.data[i] - '0';
		text = bytes_part(pe->bytes, pe->strings + offset, size);
	}
	while (used + 1 < size && used < text.size && text.data[used]) {
		name[used] = (char)text.data[used];
		used++;
	}
	name[used] = 0;
}

bool pe_section(const struct pe *pe, unsigned int number, struct pe_section *section)
{
	uint64_t at = pe->table + (uint64_t)number * SECTION_SIZE;
	uint32_t virtual_size = bytes_u32(pe->bytes, at + 8), size = bytes_u32(pe->bytes, at + 16);
	uint32_t offset = bytes_u32(pe->bytes, at + 20);

	if (number >= pe->sections || !bytes_have(pe->bytes, at, SECTION_SIZE))
		return false;
	read_name(pe, at, section->name, sizeof(section->name));
	/* The rest of the raw size is padding. */
	if (virtual_size && virtual_size < size)
		size = virtual_size;
	section->outside = size && !bytes_have(pe->bytes, offset, size);
	section->bytes = bytes_part(pe->bytes, offset, size);
	return true;
}

struct bytes pe_certificates(const struct pe *pe)
{
	/* The only address of a directory that is an offset in the file. */
	uint32_t offset = bytes_u32(pe->bytes, pe->certificates);
	uint32_t size = bytes_u32(pe->bytes, pe->certificates + 4);

	if (!pe->certificates || !bytes_have(pe->bytes, offset, size))
		return bytes_part(pe->bytes, 0, 0);
	return bytes_part(pe->bytes, offset, size);
}

bool pe_find(const struct pe *pe, const char *name, struct pe_section *section)
{
	for (unsigned int i = 0; pe_section(pe, i, section); i++) {
		if (!strcmp(section->name, name))
			return true;
	}
	return false;
}
