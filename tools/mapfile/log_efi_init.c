/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * The EFI map as Linux prints it on arm64, RISC-V and LoongArch with efi=debug (drivers/firmware/
 * efi/efi-init.c), without a number, and with the last byte:
 * "efi:   0x000040000000-0x000043ffffff [Conventional|   |  |...|WB|  |  |  ]". Before 4.6 the line
 * has no "efi:", and "*" behind it says that the kernel reserves the range. "efi: memattr:" lines
 * are like it, and say what memory may be used for that the map has as well.
 */

/* At the beginning of a line's message. */
static bool begins_message(const char *text, const char *at)
{
	while (at > text && isblank((unsigned char)at[-1]))
		at--;
	return at == text || at[-1] == ']' || at[-1] == '>' ||
	       (at - text >= 4 && !strncmp(at - 4, "efi:", 4)) ||
	       (at - text >= 7 && !strncmp(at - 7, "kernel:", 7));
}

/* Digits of a number of 48 bits or more, as "%012llx" prints. */
static bool take_address(const char **at, uint64_t *address, bool *huge)
{
	if (strncmp(*at, "0x", 2) || strspn(*at + 2, "0123456789abcdef") < 12)
		return false;
	return log_hex(at, address, huge);
}

enum log_found log_efi_init_at(const char *text, const char *at, struct log_entry *found)
{
	uint64_t start, last;
	bool huge = false;
	const char *end;

	if (!begins_message(text, at) || !take_address(&at, &start, &huge) || *at++ != '-' ||
	    !take_address(&at, &last, &huge) || strncmp(at, " [", 2))
		return LOG_NOTHING;
	at += 2;
	found->source = MAP_EFI_INIT;
	found->broken = "the type and the attributes do not end with \"]\"";
	end = strchr(at, ']');
	if (!end) {
		found->end = at;
		return LOG_MORE;
	}
	log_efi_description(at, end, &found->entry);
	found->end = end + 1;
	log_set_last(&found->entry, start, last);
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	return LOG_ENTRY;
}
