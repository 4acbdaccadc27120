/* SPDX-License-Identifier: MIT */
#ifndef EFI_CONFIGURATION_H
#define EFI_CONFIGURATION_H

#include "efi/firmware.h"
#include "efi/options.h"
#include "efi/path.h"

/* The options: those of cvmem-accept.conf beside the image, then those of the image's load options.
 * own is this image's path, "" if it has none. */
void efi_configuration_read(const struct efi_firmware *firmware, struct efi_options *options,
			    char own[EFI_PATH_ROOM]);

#endif
