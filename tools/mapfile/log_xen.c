/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * The hypervisor's own console: since Xen 4.14
 * "(XEN)  [0000000000000000, 000000000009fbff] (usable)", the last byte; before that
 * "(XEN)  0000000000000000 - 000000000009fc00 (usable)", the end excluded, and so for the map of
 * tboot; on EFI also "(XEN)  0000000001000-000000009ffff type=7 attr=000000000000000f".
 * Xen, xen/arch/x86/e820.c and xen/common/efi/boot.c.
 */

static enum log_found read_type(const char *at, struct log_entry *found)
{
	size_t length;

	found->source = MAP_XEN_HOST;
	found->end = at;
	at += strspn(at, " \t");
	if (!*at)
		return LOG_MORE;
	if (*at != '(')
		return LOG_NOTHING;
	at++;
	if (!*at)
		return LOG_MORE;
	found->entry.type = 2;
	found->entry.type_known = log_e820_type(at, &found->entry.type, &length);
	found->end = at + (found->entry.type_known ? length : 0);
	return LOG_ENTRY;
}

static enum log_found read_brackets(const char *at, struct log_entry *found)
{
	uint64_t start, last;

	at++;
	if (!log_digits(&at, 16, &start) || *at++ != ',')
		return LOG_NOTHING;
	at += strspn(at, " \t");
	if (!log_digits(&at, 16, &last) || *at++ != ']')
		return LOG_NOTHING;
	log_set_last(&found->entry, start, last);
	return read_type(at, found);
}

static enum log_found read_bare(const char *at, struct log_entry *found)
{
	uint64_t start, end;

	if (!log_digits(&at, 16, &start) || strncmp(at, " - ", 3))
		return LOG_NOTHING;
	at += 3;
	if (!log_digits(&at, 16, &end))
		return LOG_NOTHING;
	found->entry.start = start;
	found->entry.size = end - start;
	if (end < start)
		found->entry.defect = MAP_DEFECT_BACKWARD;
	return read_type(at, found);
}

static enum log_found read_efi(const char *at, struct log_entry *found)
{
	uint64_t start, last, type = 0;
	bool huge = false;

	if (!log_digits(&at, 13, &start) || *at++ != '-' || !log_digits(&at, 13, &last) ||
	    strncmp(at, " type=", 6))
		return LOG_NOTHING;
	at += 6;
	if (!isdigit((unsigned char)*at))
		return LOG_NOTHING;
	while (isdigit((unsigned char)*at) && type <= UINT32_MAX)
		type = type * 10 + (uint64_t)(*at++ - '0');
	found->source = MAP_XEN_EFI;
	found->entry.type = (uint32_t)type;
	found->entry.type_known = type <= 15;
	log_set_last(&found->entry, start, last);
	if (!strncmp(at, " attr=", 6)) {
		at += 6;
		log_hex(&at, &found->entry.attr, &huge);
	}
	found->end = at;
	return LOG_ENTRY;
}

enum log_found log_xen_at(const char *text, const char *at, struct log_entry *found)
{
	enum log_found what;
	const char *tag;

	if (*at == '[')
		return read_brackets(at, found);
	if (!isxdigit((unsigned char)*at) || (at > text && !isblank((unsigned char)at[-1])))
		return LOG_NOTHING;
	what = read_efi(at, found);
	if (what != LOG_NOTHING)
		return what;
	what = read_bare(at, found);
	if (what == LOG_NOTHING)
		return what;
	/* Kernels of Linux before 3.5 print the same behind a tag. */
	tag = strstr(text, "(XEN)");
	return tag && tag < at ? what : LOG_NOTHING;
}
