/* SPDX-License-Identifier: MIT */
#ifndef EFI_ACCEPT_H
#define EFI_ACCEPT_H

#include "efi/firmware.h"
#include "efi/options.h"

/*
 * Accepts what the memory map has as unaccepted, by the options, and makes it conventional memory.
 * Says what was done, or why nothing was done, in a line. next_accepts: the image that will be
 * started is known to accept by itself, and is left to do so unless the options say always or name
 * a limit.
 */
void efi_accept(const struct efi_firmware *firmware, const struct efi_options *options,
		bool next_accepts);

#endif
