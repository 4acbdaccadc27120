/* SPDX-License-Identifier: MIT */
/* Where the next entry of any format begins. */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

static const struct {
	enum log_found (*read)(const char *text, const char *at, struct log_entry *found);
	const char *first; /* what its entries begin with */
} readers[] = {
	{ log_e820_at, "BurmX" },
	{ log_efi_at, "m" },
	{ log_shell_at, "RLBAUMP0123456789CDEFabcdef" },
	{ log_grub_at, "rlBRcuAMIPpUb" },
	{ log_freebsd_at, "S" },
	{ log_xen_at, "[0123456789abcdef" },
	{ log_u_boot_at, "RLBCUAIP" },
	{ log_seabios_at, "0123456789" },
	{ log_iomem_at, "0123456789abcdef" },
	{ log_hob_at, "PR" },
	{ log_efi_init_at, "0" },
};

static enum log_found parse_at(const char *text, const char *at, struct log_entry *found)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		enum log_found what;

		if (!strchr(readers[i].first, *at))
			continue;
		*found = (struct log_entry){ .at = at, .end = at + 1 };
		what = readers[i].read(text, at, found);
		if (what != LOG_NOTHING)
			return what;
	}
	return LOG_NOTHING;
}

enum log_found log_parse(const char *text, const char *from, struct log_entry *found)
{
	bool word = from > text && (isalnum((unsigned char)from[-1]) || from[-1] == '_');

	for (const char *at = from; *at; at++) {
		/* Entries begin a word, or with "BIOS-". */
		if ((!word || *at == 'B') && !isblank((unsigned char)*at)) {
			enum log_found what = parse_at(text, at, found);

			if (what != LOG_NOTHING)
				return what;
		}
		word = isalnum((unsigned char)*at) || *at == '_';
	}
	*found = (struct log_entry){ .at = from, .end = from };
	return LOG_NOTHING;
}
