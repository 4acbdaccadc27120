/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * /proc/iomem: "00100000-7ffdffff : System RAM", the last byte. What lies within an entry, such as
 * "Kernel code", is indented; devices have other names. Without CAP_SYS_ADMIN all addresses are 0.
 */

/* Linux, e820_type_to_string(). */
static const char unknown_type[] = "Unknown E820 type";

static const struct log_row_type types[] = {
	{ "System RAM", 1 },
	{ "Reserved", 2 },
	{ "reserved", 2 },
	{ "ACPI Tables", 3 },
	{ "ACPI Non-volatile Storage", 4 },
	{ "Unusable memory", 5 },
	{ "Persistent Memory (legacy)", 12 },
	{ "Persistent Memory", 7 },
	{ "Soft Reserved", 0xefffffff },
	{ unknown_type, 2 },
};

static size_t count_digits(const char *at)
{
	return strspn(at, "0123456789abcdef");
}

enum log_found log_iomem_at(const char *text, const char *at, struct log_entry *found)
{
	size_t digits = count_digits(at);
	uint64_t start, last;

	if (digits < 8 || digits > 16 || at[digits] != '-' ||
	    (at > text && isalnum((unsigned char)at[-1])))
		return LOG_NOTHING;
	log_digits(&at, digits, &start);
	at++;
	digits = count_digits(at);
	if (digits < 8 || digits > 16 || strncmp(at + digits, " : ", 3))
		return LOG_NOTHING;
	log_digits(&at, digits, &last);
	at += 3;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t length = strlen(types[i].name);

		if (strncmp(at, types[i].name, length))
			continue;
		found->source = MAP_IOMEM;
		found->end = at + length;
		found->entry.type = types[i].type;
		found->entry.type_known = types[i].name != unknown_type;
		log_set_last(&found->entry, start, last);
		found->broken = "its addresses are hidden; read /proc/iomem as root";
		return start || last ? LOG_ENTRY : LOG_BROKEN;
	}
	return LOG_NOTHING;
}
