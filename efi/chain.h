/* SPDX-License-Identifier: MIT */
#ifndef EFI_CHAIN_H
#define EFI_CHAIN_H

#include "efi/configuration.h"

/* The image that `cvmem efi --install` has put beside this one. */
#define EFI_CHAIN_DEFAULT "cvmem-next.efi"

/* Accepts, and starts the next image from this one's device. Returns what that returned, or why it
 * was not started, of which a line tells. */
efi_status efi_chain(const struct efi_firmware *firmware, const struct efi_options *options,
		     const char *own);

#endif
