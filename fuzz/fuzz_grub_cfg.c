/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "tools/inspect/grub_cfg.h"

/* Any text as a grub.cfg: it ends, and each entry is a whole one. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct grub_entry entry[GRUB_ENTRIES];
	char *text = malloc(size + 1);
	bool boot_loader_spec;
	size_t count;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	count = grub_cfg_read(text, entry, GRUB_ENTRIES, &boot_loader_spec);
	if (count > GRUB_ENTRIES)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (!*entry[i].kernel || strlen(entry[i].kernel) >= sizeof(entry[i].kernel) ||
		    strlen(entry[i].options) >= sizeof(entry[i].options) || !entry[i].line)
			abort();
	}
	free(text);
	return 0;
}
