/* SPDX-License-Identifier: MIT */
/* SBAT, Secure Boot Advanced Targeting: lines of comma-separated fields (shim, SBAT.md). */
#include "tools/inspect/efi_program.h"

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

bool sbat_version(const struct pe *pe, const char *name, char *version, size_t size)
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
		/* The version is field 4 in the rows of the project and of distributions. */
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
