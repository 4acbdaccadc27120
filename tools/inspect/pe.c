/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "tools/inspect/pe.h"

enum {
	PE_OFFSET = 0x3c,
	COFF = 4, /* behind "PE\0\0" */
	COFF_SIZE = 20,
	SYMBOL_SIZE = 18,
	SECTION_SIZE = 40,
	/* The specification's limit of sections. */
	SECTIONS = 96,
};

bool pe_open(struct bytes bytes, struct pe *pe)
{
	uint64_t start = bytes_u32(bytes, PE_OFFSET), symbols;

	if (!bytes_are(bytes, 0, "MZ", 2) || !bytes_are(bytes, start, "PE\0", 4))
		return false;
	pe->bytes = bytes;
	pe->machine = bytes_u16(bytes, start + COFF);
	pe->sections = bytes_u16(bytes, start + COFF + 2);
	pe->table = start + COFF + COFF_SIZE + bytes_u16(bytes, start + COFF + 16);
	symbols = bytes_u32(bytes, start + COFF + 8);
	pe->strings = symbols;
	if (symbols)
		pe->strings += (uint64_t)bytes_u32(bytes, start + COFF + 12) * SYMBOL_SIZE;
	if (pe->sections > SECTIONS)
		pe->sections = SECTIONS;
	return true;
}

/* "/123" is a name at that offset of the strings. */
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

bool pe_find(const struct pe *pe, const char *name, struct pe_section *section)
{
	for (unsigned int i = 0; pe_section(pe, i, section); i++) {
		if (!strcmp(section->name, name))
			return true;
	}
	return false;
}

/* Field `number` of the comma-separated line, from 0. */
static void field_of(struct bytes line, int number, char *text, size_t size)
{
	size_t at = 0, used = 0;

	while (number && at < line.size)
		number -= line.data[at++] == ',';
	while (at < line.size && line.data[at] != ',' && used + 1 < size)
		text[used++] = (char)line.data[at++];
	text[used] = 0;
}

bool pe_sbat(const struct pe *pe, const char *name, char *version, size_t size)
{
	struct pe_section section;
	size_t length = strlen(name), at = 0;
	bool found = false;

	if (!pe_find(pe, ".sbat", &section))
		return false;
	while (at < section.bytes.size) {
		struct bytes line = bytes_part(section.bytes, at, section.bytes.size);
		const uint8_t *end = bytes_find(line, "\n", 1);

		if (end)
			line.size = (size_t)(end - line.data);
		at += line.size + 1;
		if (!bytes_are(line, 0, name, length) || line.size == length)
			continue;
		/* The version is field 4, of the row of the project as of a distribution. */
		if (line.data[length] == '.') {
			field_of(line, 4, version, size);
			return true;
		}
		if (line.data[length] != ',')
			continue;
		field_of(line, 4, version, size);
		found = true;
	}
	return found;
}
