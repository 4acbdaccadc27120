/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_EFI_OPTIONS_H
#define TOOLS_EFI_OPTIONS_H

#include <stdbool.h>

#include "tools/common/options.h"

/* The command line of `cvmem efi`. */
struct efi_options {
	const char *install, *remove; /* an EFI system partition's folder, or a disk image */
	bool driver, chain;
	const char *loader; /* on the partition, in the place of \EFI\BOOT\BOOTX64.EFI */
	const char *accept; /* NULL: no configuration is written */
	const char *from;   /* the folder with the images; NULL: this program's */
	const char *json;
};

extern const struct option_spec efi_option_table[];

#endif
