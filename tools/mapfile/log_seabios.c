/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * SeaBIOS: "e820 map has 2 items:" and "  0: 0000000000000000 - 000000000009fc00 = 1 RAM", the end
 * excluded. Coreboot's payloads and CSMs that took this code over print the same.
 * SeaBIOS, src/e820map.c.
 */
enum log_found log_seabios_at(const char *text, const char *at, struct log_entry *found)
{
	uint64_t start, end, type = 0;

	if (!isdigit((unsigned char)*at) || (at > text && isalnum((unsigned char)at[-1])))
		return LOG_NOTHING;
	at += strspn(at, "0123456789");
	if (*at != ':' || at[1] != ' ')
		return LOG_NOTHING;
	at += 2;
	if (!log_digits(&at, 16, &start) || strncmp(at, " - ", 3))
		return LOG_NOTHING;
	at += 3;
	found->source = MAP_SEABIOS;
	found->broken = "it is not \"start - end = type\"";
	found->end = at;
	if (!log_digits(&at, 16, &end) || strncmp(at, " = ", 3) || !isdigit((unsigned char)at[3]))
		return strlen(at) < 16 ? LOG_MORE : LOG_BROKEN;
	for (at += 3; isdigit((unsigned char)*at) && type <= UINT32_MAX; at++)
		type = type * 10 + (uint64_t)(*at - '0');
	found->end = at;
	found->entry.start = start;
	found->entry.size = end - start;
	if (end < start)
		found->entry.defect = MAP_DEFECT_BACKWARD;
	found->entry.type = (uint32_t)type;
	found->entry.type_known = type <= UINT32_MAX;
	return LOG_ENTRY;
}
