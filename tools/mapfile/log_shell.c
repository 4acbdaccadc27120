/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * `memmap' of the EFI shell: "Available  0000000000001000-000000000009FFFF 000000000000009F
 * 000000000000000F", the last byte, pages and attributes; with -sfo
 * "MemoryMap,\"Available\",\"1000\",\"9FFFF\",\"9F\",\"F\"".
 * EDK II, ShellPkg/Library/UefiShellDebug1CommandsLib/MemMap.c.
 */

static const struct log_row_type types[] = {
	{ "Reserved", 0 },   { "LoaderCode", 1 }, { "LoaderData", 2 },	{ "BS_Code", 3 },
	{ "BS_Data", 4 },    { "RT_Code", 5 },	  { "RT_Data", 6 },	{ "Available", 7 },
	{ "Unusable", 8 },   { "ACPI_Recl", 9 },  { "ACPI_NVS", 10 },	{ "MMIO", 11 },
	{ "MMIO_Port", 12 }, { "PalCode", 13 },	  { "Persistent", 14 }, { "Unaccepted", 15 },
};

/* Where they differ from those above. */
static const struct log_row_type full_names[] = {
	{ "BootServiceCode", 3 }, { "BootServiceData", 4 }, { "RuntimeCode", 5 },
	{ "RuntimeData", 6 },	  { "UnusableMemory", 8 },  { "ACPIReclaimMemory", 9 },
	{ "ACPIMemoryNVS", 10 },  { "MemoryMappedIO", 11 }, { "MemoryMappedIOPortSpace", 12 },
};

static bool find_type(const struct log_row_type *names, size_t count, const char *name,
		      size_t length, struct map_entry *entry)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(names[i].name) != length || strncmp(names[i].name, name, length))
			continue;
		entry->type = names[i].type;
		entry->type_known = true;
		return true;
	}
	return false;
}

/* ,"HEX" */
static bool read_field(const char **at, uint64_t *value)
{
	const char *number = *at;
	bool huge = false;

	if (*number != ',' || number[1] != '"')
		return false;
	number += 2;
	if (!log_hex(&number, value, &huge) || huge || *number != '"')
		return false;
	*at = number + 1;
	return true;
}

static enum log_found read_sfo(const char *at, struct log_entry *found)
{
	uint64_t start, last, pages, attributes;
	const char *name;
	size_t length;

	if (strncmp(at, "MemoryMap,\"", 11))
		return LOG_NOTHING;
	name = at + 11;
	length = strcspn(name, "\"");
	found->source = MAP_EFI_SHELL;
	found->broken = "no four numbers in quotation marks behind the type";
	found->end = at = name + length + (name[length] == '"');
	if (!find_type(types, sizeof(types) / sizeof(types[0]), name, length, &found->entry))
		find_type(full_names, sizeof(full_names) / sizeof(full_names[0]), name, length,
			  &found->entry);
	if (!read_field(&at, &start) || !read_field(&at, &last) || !read_field(&at, &pages) ||
	    !read_field(&at, &attributes))
		return LOG_BROKEN;
	found->end = at;
	found->entry.attr = attributes;
	log_set_last(&found->entry, start, last);
	return LOG_ENTRY;
}

/* A shell prints a type that it has no name for as 8 digits: in older ones that is type 15. */
static enum log_found read_numbered(const char *at, struct log_entry *found)
{
	const char *end = at;
	char digits[9] = "";
	enum log_found what;
	uint64_t type;

	if (!log_digits(&end, 8, &type))
		return LOG_NOTHING;
	memcpy(digits, at, 8);
	what = log_row(at, &(struct log_row_type){ digits, (uint32_t)type }, 1, false, found);
	found->entry.type_known = type <= 15;
	return what;
}

enum log_found log_shell_at(const char *text, const char *at, struct log_entry *found)
{
	enum log_found what;
	uint64_t pages;

	if (at > text && isalnum((unsigned char)at[-1]))
		return LOG_NOTHING;
	what = read_sfo(at, found);
	if (what != LOG_NOTHING)
		return what;
	what = log_row(at, types, sizeof(types) / sizeof(types[0]), false, found);
	if (what == LOG_NOTHING)
		what = read_numbered(at, found);
	found->source = MAP_EFI_SHELL;
	if (what != LOG_ENTRY)
		return what;
	at = found->end + strspn(found->end, " \t");
	if (!*at)
		return LOG_MORE;
	/* GRUB's `lsefimmap' has fewer digits. */
	if (!log_digits(&at, 16, &pages))
		return LOG_NOTHING;
	found->end = at;
	at += strspn(at, " \t");
	if (log_digits(&at, 16, &found->entry.attr))
		found->end = at;
	return LOG_ENTRY;
}
