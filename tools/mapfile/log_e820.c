/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * Since 3.5:  "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable",
 *             last byte included; from 6.19 or so also "[gap ...]" lines, more blanks
 *             or a size before the type, and other names for the types.
 * Before:     "BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)", end excluded.
 * Before 2.4.10 or so: "BIOS-e820: 000000000009fc00 @ 0000000000000000 (usable)",
 *             the size first.
 */

static const struct {
	const char *text;
	enum map_source source;
} tags[] = {
	{ "BIOS-e820:", MAP_E820 },
	{ "BIOS-e801:", MAP_E801 },
	{ "BIOS-88:", MAP_88 },
	{ "user:", MAP_USER },
	{ "reserve setup_data:", MAP_EXTENDED },
	{ "modified:", MAP_MODIFIED },
	{ "Xen:", MAP_XEN },
};

/* Longer names first where one begins with another. */
static const struct {
	const char *name;
	uint32_t type;
} types[] = {
	{ "usable", 1 },
	{ "kernel usable RAM", 1 },
	{ "System RAM (kernel)", 1 },
	{ "System RAM", 1 },
	{ "reserved", 2 },
	{ "device reserved", 2 },
	{ "ACPI data", 3 },
	{ "ACPI Tables", 3 },
	{ "ACPI NVS", 4 },
	{ "ACPI Non-volatile Storage", 4 },
	{ "unusable memory", 5 },
	{ "unusable", 5 },
	{ "persistent memory (legacy)", 12 },
	{ "persistent memory", 7 },
	{ "persistent RAM", 7 },
	{ "persistent", 7 },
	{ "unaccepted", 8 },
	{ "soft reserved", 0xefffffff },
};

static const char *skip_blanks(const char *at)
{
	while (isblank((unsigned char)*at))
		at++;
	return at;
}

/* "type 20" or, after "persistent", "(type 12)". */
static bool numbered_type(const char *name, uint32_t *type, size_t *length)
{
	const char *at = name;
	uint64_t number = 0;

	at += *at == '(';
	if (strncmp(at, "type ", 5) || !isdigit((unsigned char)at[5]))
		return false;
	for (at += 5; isdigit((unsigned char)*at); at++) {
		number = number * 10 + (uint64_t)(*at - '0');
		if (number > UINT32_MAX)
			return false;
	}
	*type = (uint32_t)number;
	*length = (size_t)(at - name);
	return true;
}

/*
 * More letters or digits, so another word. Where the line's end was lost a capital or a date
 * begins the next line.
 */
static bool word_goes_on(const char *at)
{
	if (isdigit((unsigned char)*at))
		return strspn(at, "0123456789") != 4 || at[4] != '-';
	return islower((unsigned char)*at) != 0;
}

/* The characters that `name` takes at the start of text, in any case and with more blanks; or 0. */
static size_t match(const char *text, const char *name)
{
	const char *at = text;

	for (; *name; name++) {
		if (*name == ' ' && isblank((unsigned char)*at))
			at += strspn(at, " \t");
		else if (tolower((unsigned char)*at++) != tolower((unsigned char)*name))
			return 0;
	}
	return (size_t)(at - text);
}

bool log_e820_type(const char *name, uint32_t *type, size_t *length)
{
	size_t more;

	if (numbered_type(name, type, length))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t size = match(name, types[i].name);

		if (!size || word_goes_on(name + size))
			continue;
		*type = types[i].type;
		*length = size;
		if (numbered_type(skip_blanks(name + size), type, &more))
			*length = (size_t)(skip_blanks(name + size) - name) + more;
		return true;
	}
	return false;
}

/* The text may end within the name of a type. */
static bool could_be_type(const char *name)
{
	size_t length = strlen(name);

	while (length && isblank((unsigned char)name[length - 1]))
		length--;
	if (!strncmp(name, "type", length))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strncasecmp(name, types[i].name, length))
			return true;
	}
	return false;
}

/* The column of sizes, as in "    1.9 GB usable". */
static const char *skip_size(const char *at)
{
	const char *size = at;

	if (!isdigit((unsigned char)*size))
		return at;
	while (isdigit((unsigned char)*size) || *size == '.')
		size++;
	size = skip_blanks(size);
	if (*size && strchr("KMGTP", *size))
		size++;
	size += *size == 'i';
	return *size == 'B' ? skip_blanks(size + 1) : at;
}

static enum log_found read_type(const char *at, struct log_entry *found)
{
	size_t length;

	at = skip_size(skip_blanks(at));
	at += *at == '(';
	found->end = at;
	if (!*at)
		return LOG_MORE;
	found->entry.type_known = log_e820_type(at, &found->entry.type, &length);
	if (found->entry.type_known) {
		found->end = at + length;
		return LOG_ENTRY;
	}
	if (could_be_type(at))
		return LOG_MORE;
	found->entry.type = 2;
	return LOG_ENTRY;
}

static enum log_found stopped(const char *at, struct log_entry *found)
{
	found->broken = "the range is not \"start-end\" in hexadecimal digits";
	return *at && strcmp(at, "0x") ? LOG_BROKEN : LOG_MORE;
}

/* "[mem 0x..-0x..] type" and "[gap 0x..-0x..]". */
static enum log_found read_brackets(const char *at, struct log_entry *found)
{
	uint64_t last;
	bool gap, huge = false;

	if (!strncmp(at, "[mem", strlen(at)) || !strncmp(at, "[gap", strlen(at)))
		return LOG_MORE;
	gap = !strncmp(at, "[gap", 4);
	if (!gap && strncmp(at, "[mem", 4))
		return LOG_NOTHING;
	at = skip_blanks(at + 4);
	if (!log_hex(&at, &found->entry.start, &huge))
		return stopped(at, found);
	at = skip_blanks(at);
	if (*at != '-')
		return stopped(at, found);
	at = skip_blanks(at + 1);
	if (!log_hex(&at, &last, &huge))
		return stopped(at, found);
	at = skip_blanks(at);
	if (*at != ']')
		return stopped(at, found);
	found->entry.size = last - found->entry.start + 1;
	if (huge || (!found->entry.start && last == UINT64_MAX))
		found->entry.defect = MAP_DEFECT_HUGE;
	else if (last + 1 < found->entry.start && last != UINT64_MAX)
		found->entry.defect = MAP_DEFECT_BACKWARD;
	found->end = at + 1;
	if (gap)
		return LOG_GAP;
	return read_type(at + 1, found);
}

/* "start - end (type)" and "size @ start (type)". */
static enum log_found read_bare(const char *at, struct log_entry *found)
{
	uint64_t first, second;
	bool huge = false, sized;

	if (!log_hex(&at, &first, &huge))
		return LOG_NOTHING;
	at = skip_blanks(at);
	sized = *at == '@';
	if (*at != '-' && !sized)
		return stopped(at, found);
	at = skip_blanks(at + 1);
	if (!log_hex(&at, &second, &huge))
		return stopped(at, found);
	found->entry.start = sized ? second : first;
	found->entry.size = sized ? first : second - first;
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	else if (!sized && second < first)
		found->entry.defect = MAP_DEFECT_BACKWARD;
	return read_type(at, found);
}

/* A kernel prints one blank after the colon, and web pages make up to three of it. */
#define MOST_BLANKS 3

static enum log_found read_entry(const char *at, struct log_entry *found)
{
	const char *start = skip_blanks(at);

	found->entry = (struct map_entry){ 0 };
	found->end = start;
	if (!*start)
		return LOG_MORE;
	/* More were inserted by hand. */
	if (start == at || start - at > MOST_BLANKS) {
		found->broken = "its columns were moved, as no kernel prints it";
		return strncmp(start, "[mem", 4) ? LOG_NOTHING : LOG_BROKEN;
	}
	return *start == '[' ? read_brackets(start, found) : read_bare(start, found);
}

enum log_found log_e820_at(const char *text, const char *at, struct log_entry *found)
{
	/* "user:" may be the end of another word; "BIOS-" stands where a line's end was lost. */
	if (at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_') && *at != 'B')
		return LOG_NOTHING;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t length = strlen(tags[i].text);

		if (*at != *tags[i].text || strncmp(at, tags[i].text, length))
			continue;
		found->source = tags[i].source;
		return read_entry(at + length, found);
	}
	return LOG_NOTHING;
}
