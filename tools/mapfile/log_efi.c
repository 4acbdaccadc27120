/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * Up to 3.16: "efi: mem00: type=3, attr=0xf, range=[0x...-0x...) (0MB)"
 * Since then: "efi: mem00: [Boot Code          |   |  |...|WB|WT|WC|UC] range=[0x...-0x...] (0MB)",
 *             with ")" and the end excluded up to 4.4, with "]" and the last byte since;
 *             types that the kernel does not know as "[type=N|attr=0x...]".
 */

/* UEFI 2.11 section 7.2.3: bits of Attribute, with the letters that Linux prints. */
static const struct {
	const char *letters;
	uint64_t bit;
} attributes[] = {
	{ "RUN", UINT64_C(1) << 63 },
	{ "HP", 0x100000 },
	{ "CC", 0x80000 },
	{ "SP", 0x40000 },
	{ "RO", 0x20000 },
	{ "MR", 0x10000 },
	{ "NV", 0x8000 },
	{ "XP", 0x4000 },
	{ "RP", 0x2000 },
	{ "WP", 0x1000 },
	{ "UCE", 0x10 },
	{ "WB", 8 },
	{ "WT", 4 },
	{ "WC", 2 },
	{ "UC", 1 },
};

static const struct {
	const char *name;
	uint32_t type;
} types[] = {
	{ "Reserved", 0 },
	{ "Loader Code", 1 },
	{ "Loader Data", 2 },
	{ "Boot Code", 3 },
	{ "Boot Data", 4 },
	{ "Runtime Code", 5 },
	{ "Runtime Data", 6 },
	{ "Conventional Memory", 7 },
	{ "Conventional", 7 },
	{ "Unusable Memory", 8 },
	{ "Unusable", 8 },
	{ "ACPI Reclaim Memory", 9 },
	{ "ACPI Reclaim", 9 },
	{ "ACPI Memory NVS", 10 },
	{ "ACPI Mem NVS", 10 },
	{ "Memory Mapped I/O", 11 },
	{ "MMIO", 11 },
	{ "MMIO Port Space", 12 },
	{ "MMIO Port", 12 },
	{ "PAL Code", 13 },
	{ "Persistent Memory", 14 },
	{ "Persistent", 14 },
	{ "Unaccepted", 15 },
};

static const char *skip_blanks(const char *at)
{
	while (isblank((unsigned char)*at))
		at++;
	return at;
}

/* "memNN:" and where it ends; NULL if that is not at this place. */
static const char *find_number(const char *text, const char *at, uint32_t *number)
{
	const char *digit = at + 3;
	uint32_t sum = 0;

	if (strncmp(at, "mem", 3))
		return NULL;
	if (at > text && !isblank((unsigned char)at[-1]) && at[-1] != '"')
		return NULL;
	for (; isdigit((unsigned char)*digit) && digit < at + 12; digit++)
		sum = sum * 10 + (uint32_t)(*digit - '0');
	if (digit == at + 3 || *digit != ':')
		return NULL;
	*number = sum;
	return digit + 1;
}

static bool decimal(const char **at, uint32_t *value)
{
	uint64_t sum = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); ++*at) {
		sum = sum * 10 + (uint64_t)(**at - '0');
		if (sum > UINT32_MAX)
			return false;
	}
	*value = (uint32_t)sum;
	return true;
}

static size_t field_length(const char *at, const char *end)
{
	size_t length = 0;

	while (at + length < end && at[length] != '|' && at[length] != '<')
		length++;
	while (length && isblank((unsigned char)at[length - 1]))
		length--;
	return length;
}

/* Whoever passed the log on may have changed its case, and made one blank of several or a tab. */
static bool is_name(const char *at, size_t length, const char *name)
{
	const char *end = at + length;

	for (; at < end && *name; name++) {
		if (isblank((unsigned char)*at) != isblank((unsigned char)*name))
			return false;
		if (!isblank((unsigned char)*at) &&
		    tolower((unsigned char)*at) != tolower((unsigned char)*name))
			return false;
		do
			at++;
		while (at < end && isblank((unsigned char)at[-1]) && isblank((unsigned char)*at));
	}
	return at == end && !*name;
}

static void named_type(const char *at, size_t length, struct map_entry *entry)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!is_name(at, length, types[i].name))
			continue;
		entry->type = types[i].type;
		entry->type_known = true;
		return;
	}
}

static void field(const char *at, size_t length, struct map_entry *entry)
{
	bool huge = false;

	if (!strncmp(at, "attr=", 5)) {
		at += 5;
		log_hex(&at, &entry->attr, &huge);
		return;
	}
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		if (is_name(at, length, attributes[i].letters))
			entry->attr |= attributes[i].bit;
	}
}

void log_efi_description(const char *at, const char *end, struct map_entry *entry)
{
	at = skip_blanks(at);
	if (!strncmp(at, "type=", 5)) {
		const char *number = at + 5;

		/* Linux prints a name for every type in its table. */
		decimal(&number, &entry->type);
	} else {
		named_type(at, field_length(at, end), entry);
	}
	while (at < end && (at = memchr(at, '|', (size_t)(end - at)))) {
		at = skip_blanks(at + 1);
		if (at < end)
			field(at, field_length(at, end), entry);
	}
}

static enum log_found stopped(const char *at, struct log_entry *found)
{
	found->broken = "the range is not \"range=[start-end]\" in hexadecimal digits";
	return *at && strcmp(at, "0x") ? LOG_BROKEN : LOG_MORE;
}

/* "(1MB) (invalid)" */
static bool is_marked(const char *behind)
{
	behind = skip_blanks(behind);
	if (*behind == '(' && isdigit((unsigned char)behind[1]))
		behind = skip_blanks(behind + strcspn(behind, " \t"));
	return !strncmp(behind, "(invalid)", 9);
}

static enum log_found read_range(const char *at, struct log_entry *found)
{
	struct map_entry *entry = &found->entry;
	uint64_t end;
	bool huge = false;

	at = skip_blanks(at);
	if (strncmp(at, "range=", 6))
		return strncmp(at, "range=", strlen(at)) ? LOG_BROKEN : LOG_MORE;
	at = skip_blanks(at + 6);
	if (*at != '[')
		return stopped(at, found);
	at = skip_blanks(at + 1);
	if (!log_hex(&at, &entry->start, &huge))
		return stopped(at, found);
	at = skip_blanks(at);
	if (*at != '-')
		return stopped(at, found);
	at = skip_blanks(at + 1);
	if (!log_hex(&at, &end, &huge))
		return stopped(at, found);
	at = skip_blanks(at);
	if (*at != ']' && *at != ')')
		return stopped(at, found);
	found->end = at + 1;
	entry->size = end - entry->start + (*at == ']');
	if (huge || (*at == ']' && !entry->start && end == UINT64_MAX))
		entry->defect = MAP_DEFECT_HUGE;
	else if (is_marked(at + 1))
		entry->defect = MAP_DEFECT_MARKED;
	else if (end < entry->start && !(*at == ']' && end + 1 == entry->start))
		entry->defect = MAP_DEFECT_BACKWARD;
	return LOG_ENTRY;
}

/* "type=3, attr=0xf, range=...": any number may be a type. */
static enum log_found read_old(const char *at, struct log_entry *found)
{
	struct map_entry *entry = &found->entry;
	bool huge = false;

	at += 5;
	if (!decimal(&at, &entry->type))
		return stopped(at, found);
	entry->type_known = entry->type <= 15;
	at = skip_blanks(at + (*at == ','));
	if (strncmp(at, "attr=", 5))
		return strncmp(at, "attr=", strlen(at)) ? LOG_BROKEN : LOG_MORE;
	at += 5;
	if (!log_hex(&at, &entry->attr, &huge))
		return stopped(at, found);
	return read_range(at + (*at == ','), found);
}

enum log_found log_efi_at(const char *text, const char *at, struct log_entry *found)
{
	uint32_t number;
	const char *end;

	at = find_number(text, at, &number);
	if (!at)
		return LOG_NOTHING;
	at = skip_blanks(at);
	found->source = MAP_EFI;
	found->entry = (struct map_entry){ .number = number };
	found->end = at;
	found->broken = "no \"range=[start-end]\" after the type";
	if (!strncmp(at, "type=", 5))
		return read_old(at, found);
	if (*at != '[')
		return LOG_NOTHING;
	end = strchr(at, ']');
	if (!end)
		return LOG_MORE;
	log_efi_description(at + 1, end, &found->entry);
	return read_range(end + 1, found);
}
