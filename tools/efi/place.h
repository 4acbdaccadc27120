/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_EFI_PLACE_H
#define TOOLS_EFI_PLACE_H

#include "tools/efi/esp.h"

enum efi_mode { EFI_MODE_NONE, EFI_MODE_DRIVER, EFI_MODE_CHAIN };

/* What is to be put where, and what was done. */
struct efi_place {
	enum efi_mode mode; /* NONE: by the loader that is there */
	const char *loader; /* its path on the partition */
	const char *accept; /* for the configuration; or NULL */
	struct esp_file driver, application;
	bool changed;
};

/*
 * Puts the driver beside systemd-boot, or the application in the place of the loader, which becomes
 * cvmem-next.efi in the same folder. Again: nothing changes, except for images that are newer. If
 * an update has put a loader there, that one becomes cvmem-next.efi.
 */
bool efi_place_install(struct esp *esp, struct efi_place *place);

/* Takes both out, whatever is there. */
bool efi_place_remove(struct esp *esp, struct efi_place *place);

#endif
