/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * `efidebug memmap' of U-Boot: "CONVENTIONAL     0000000000000000-0000000040000000 WB", the end
 * excluded. `zboot dump' and the boot of a kernel on x86: "E820: 3 entries", the header "Addr Size
 * Type", and rows such as "      100000    3ff00000  RAM".
 * U-Boot, cmd/efidebug.c and arch/x86/lib/zimage.c.
 */

static const struct log_row_type efi_types[] = {
	{ "RESERVED", 0 },     { "LOADER CODE", 1 },
	{ "LOADER DATA", 2 },  { "BOOT CODE", 3 },
	{ "BOOT DATA", 4 },    { "RUNTIME CODE", 5 },
	{ "RUNTIME DATA", 6 }, { "CONVENTIONAL", 7 },
	{ "UNUSABLE MEM", 8 }, { "ACPI RECLAIM MEM", 9 },
	{ "ACPI RECLAIM", 9 }, { "ACPI MEM NVS", 10 },
	{ "ACPI NVS", 10 },    { "IO PORT", 12 },
	{ "IO", 11 },	       { "PAL", 13 },
	{ "PERSISTENT", 14 },  { "UNACCEPTED", 15 },
};

static const struct log_row_type types[] = {
	{ "RAM", 1 },  { "Reserved", 2 }, { "ACPI NVS", 4 },
	{ "ACPI", 3 }, { "NVS", 4 },	  { "Unusable", 5 },
};

enum log_found log_u_boot_at(const char *text, const char *at, struct log_entry *found)
{
	enum log_found what;

	if (at > text && isalnum((unsigned char)at[-1]))
		return LOG_NOTHING;
	what = log_row(at, efi_types, sizeof(efi_types) / sizeof(efi_types[0]), true, found);
	found->source = MAP_U_BOOT_EFI;
	return what;
}

bool log_u_boot_header(const char *text)
{
	const char *at = strstr(text, "E820: ");

	if (!at || !isdigit((unsigned char)at[6]))
		return false;
	at += 6 + strspn(at + 6, "0123456789");
	return !strncmp(at, " entries", 8);
}

enum log_found log_u_boot_row(const char *text, struct log_entry *found)
{
	const char *at = text + strspn(text, " \t");
	bool huge = false;

	*found = (struct log_entry){ .source = MAP_U_BOOT, .at = at };
	if (!log_hex(&at, &found->entry.start, &huge) || !isblank((unsigned char)*at))
		return LOG_NOTHING;
	at += strspn(at, " \t");
	if (!log_hex(&at, &found->entry.size, &huge) || !isblank((unsigned char)*at))
		return LOG_NOTHING;
	at += strspn(at, " \t");
	if (!*at)
		return LOG_NOTHING;
	found->end = at + strlen(at);
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	found->entry.type = 2;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strncasecmp(at, types[i].name, strlen(types[i].name)))
			continue;
		found->entry.type = types[i].type;
		found->entry.type_known = true;
		break;
	}
	if (isdigit((unsigned char)*at)) {
		found->entry.type = (uint32_t)strtoul(at, NULL, 10);
		found->entry.type_known = true;
	}
	return LOG_ENTRY;
}
