/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * `lsefimmap' of GRUB: "conv-mem  0000000000001000-000000000009ffff 0000009f    636KiB UC WC WT
 * WB", the last byte; types that it does not know, which unaccepted memory is, as "Unk 0f".
 * `lsmmap': "base_addr = 0x0, length = 0x9fc00, available RAM", or "type = 0x7" where it has no
 * name. GRUB, grub-core/commands/efi/lsefimmap.c and grub-core/commands/lsmmap.c.
 */

static const struct log_row_type efi_types[] = {
	{ "reserved", 0 },  { "ldr-code", 1 },	{ "ldr-data", 2 },  { "BS-code", 3 },
	{ "BS-data", 4 },   { "RT-code", 5 },	{ "RT-data", 6 },   { "conv-mem", 7 },
	{ "unusable", 8 },  { "ACPI-rec", 9 },	{ "ACPI-nvs", 10 }, { "MMIO", 11 },
	{ "IO-ports", 12 }, { "PAL-code", 13 }, { "persist", 14 },
};

/* In the order of their numbers where ACPI defines these; the others are defined by coreboot. */
static const struct log_row_type types[] = {
	{ "available RAM", 1 },
	{ "reserved RAM", 2 },
	{ "ACPI reclaimable RAM", 3 },
	{ "ACPI non-volatile storage RAM", 4 },
	{ "faulty RAM (BadRAM)", 5 },
	{ "persistent RAM (legacy)", 12 },
	{ "persistent RAM", 7 },
	{ "RAM holding coreboot tables", 2 },
	{ "RAM holding firmware code", 2 },
};

static enum log_found read_type(const char *at, struct log_entry *found)
{
	found->entry.type = 2;
	if (!strncmp(at, "type = 0x", 9)) {
		uint64_t type;
		bool huge = false;

		at += 9;
		if (!log_hex(&at, &type, &huge) || huge || type > UINT32_MAX)
			return LOG_BROKEN;
		found->entry.type = (uint32_t)type;
		found->entry.type_known = true;
		found->end = at;
		return LOG_ENTRY;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t length = strlen(types[i].name);

		if (strncmp(at, types[i].name, length))
			continue;
		found->entry.type = types[i].type;
		found->entry.type_known = true;
		found->end = at + length;
		return LOG_ENTRY;
	}
	return *at ? LOG_ENTRY : LOG_MORE;
}

/* The literal text, with any blanks where it has one. */
static bool skip(const char **at, const char *literal)
{
	const char *place = *at;

	for (; *literal; literal++) {
		if (*literal == ' ') {
			place += strspn(place, " \t");
		} else if (*place++ != *literal) {
			return false;
		}
	}
	*at = place;
	return true;
}

static enum log_found read_mmap(const char *at, struct log_entry *found)
{
	bool huge = false;

	found->source = MAP_GRUB;
	found->broken = "it is not \"base_addr = 0x..., length = 0x..., type\"";
	if (!skip(&at, " = ") || !log_hex(&at, &found->entry.start, &huge) ||
	    !skip(&at, " , length = ") || !log_hex(&at, &found->entry.size, &huge) ||
	    !skip(&at, " , ")) {
		found->end = at;
		return strlen(at) < 12 ? LOG_MORE : LOG_BROKEN;
	}
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	found->end = at;
	return read_type(at, found);
}

static enum log_found read_row(const char *at, struct log_entry *found)
{
	struct log_row_type unknown = { "", 0 };
	enum log_found what;
	uint64_t type;
	bool huge = false;

	if (strncmp(at, "Unk ", 4))
		return log_row(at, efi_types, sizeof(efi_types) / sizeof(efi_types[0]), false,
			       found);
	at += 4;
	if (!log_hex(&at, &type, &huge) || type > UINT32_MAX)
		return LOG_NOTHING;
	unknown.type = (uint32_t)type;
	what = log_row(at, &unknown, 1, false, found);
	found->entry.type_known = type <= 15;
	return what;
}

enum log_found log_grub_at(const char *text, const char *at, struct log_entry *found)
{
	enum log_found what;
	size_t digits;

	if (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
		return LOG_NOTHING;
	if (!strncmp(at, "base_addr", 9) && at[9 + strspn(at + 9, " \t")] == '=')
		return read_mmap(at + 9, found);
	what = read_row(at, found);
	found->source = MAP_GRUB_EFI;
	if (what != LOG_ENTRY)
		return what;
	at = found->end + strspn(found->end, " \t");
	digits = strspn(at, "0123456789abcdef");
	if (!*at)
		return LOG_MORE;
	if (digits < 8 || digits > 13)
		return LOG_NOTHING;
	found->end = at + digits;
	return LOG_ENTRY;
}
