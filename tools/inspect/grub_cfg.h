/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_GRUB_CFG_H
#define TOOLS_INSPECT_GRUB_CFG_H

#include "tools/inspect/linux.h"

/* A command of grub.cfg that starts a kernel. */
struct grub_entry {
	char title[128]; /* of the menu's entry; "": outside of one */
	char kernel[512];
	char options[LINUX_COMMAND_LINE];
	enum inspect_command command;
	size_t line;
	bool other; /* the menu's default is another entry */
};

/* More than a menu has in practice. */
#define GRUB_ENTRIES 64

/*
 * The commands of a grub.cfg, `room` at most, in its order. *boot_loader_spec: it shows the entries
 * of the boot loader specification as well (blscfg).
 */
size_t grub_cfg_read(const char *text, struct grub_entry *entry, size_t room,
		     bool *boot_loader_spec);

#endif
