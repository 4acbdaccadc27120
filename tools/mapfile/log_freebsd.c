/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * FreeBSD, booted with -v, and `smap' of its loader:
 * "SMAP type=01 base=0000000000000000 len=000000000009fc00", all in hexadecimal digits, perhaps
 * with " attr=01" behind it. `sysctl machdep.smap' has ", xattr=01, " after the type.
 * FreeBSD, sys/amd64/amd64/machdep.c and stand/i386/libi386/biossmap.c.
 */

static bool skip(const char **at, const char *name)
{
	size_t length = strlen(name);

	*at += strspn(*at, " \t,");
	if (strncmp(*at, name, length))
		return false;
	*at += length;
	return true;
}

enum log_found log_freebsd_at(const char *text, const char *at, struct log_entry *found)
{
	uint64_t type, ignored;
	bool huge = false;

	if (strncmp(at, "SMAP type=", 10) || (at > text && isalnum((unsigned char)at[-1])))
		return LOG_NOTHING;
	at += 10;
	found->source = MAP_FREEBSD;
	found->broken = "it is not \"SMAP type=... base=... len=...\" in hexadecimal digits";
	if (!log_hex(&at, &type, &huge) || type > UINT32_MAX) {
		found->end = at;
		return *at ? LOG_BROKEN : LOG_MORE;
	}
	if (skip(&at, "xattr="))
		log_hex(&at, &ignored, &huge);
	if (!skip(&at, "base=") || !log_hex(&at, &found->entry.start, &huge) ||
	    !skip(&at, "len=") || !log_hex(&at, &found->entry.size, &huge)) {
		found->end = at;
		return strlen(at) < 5 ? LOG_MORE : LOG_BROKEN;
	}
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	found->entry.type = (uint32_t)type;
	found->entry.type_known = true;
	found->end = at;
	return LOG_ENTRY;
}
