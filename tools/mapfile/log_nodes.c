/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * A kernel that a device tree tells of its memory prints no map of it. mm/mm_init.c prints
 *     "  node   0: [mem 0x0000000040000000-0x000000006fffffff]"
 * for each range, those that are reserved among them, and drivers/of/of_reserved_mem.c, since 6.5,
 *     "OF: reserved mem: 0x0000000070000000..0x00000000701fffff (2048 KiB) nomap non-reusable
 * NAME". "NUMA: Faking a node at [mem ...]" has the holes between the ranges as well, and is not
 * read.
 */

enum { USABLE = 1, RESERVED = 2 };

/* START, what is between them, LAST. */
static enum log_found take_range(const char *at, const char *between, uint32_t type,
				 struct log_entry *found)
{
	uint64_t start, last;
	bool huge = false;

	if (strncmp(at, "0x", 2) || !log_hex(&at, &start, &huge) ||
	    strncmp(at, between, strlen(between)))
		return LOG_NOTHING;
	at += strlen(between);
	if (strncmp(at, "0x", 2) || !log_hex(&at, &last, &huge))
		return LOG_NOTHING;
	*found = (struct log_entry){ .source = MAP_NODES, .end = at };
	found->entry.type = type;
	found->entry.type_known = true;
	log_set_last(&found->entry, start, last);
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	return LOG_ENTRY;
}

/* The kernel uses what its drivers give back: "reusable", without "non-" before it. */
static enum log_found reserved(const char *at, struct log_entry *found)
{
	if (strstr(at, " map reusable"))
		return LOG_NOTHING;
	return take_range(at, "..", RESERVED, found);
}

static enum log_found node(const char *at, struct log_entry *found)
{
	at += strspn(at, " ");
	if (!isdigit((unsigned char)*at))
		return LOG_NOTHING;
	at += strspn(at, "0123456789");
	if (strncmp(at, ": [mem ", 7))
		return LOG_NOTHING;
	return take_range(at + 7, "-", USABLE, found);
}

enum log_found log_node_row(const char *text, struct log_entry *found)
{
	const char *at = strstr(text, "reserved mem: ");

	if (at)
		return reserved(at + strlen("reserved mem: "), found);
	at = strstr(text, " node ");
	return at ? node(at + strlen(" node "), found) : LOG_NOTHING;
}
