/* SPDX-License-Identifier: MIT */
#ifndef EFI_ACCEPT_H
#define EFI_ACCEPT_H

#include "efi/firmware.h"
#include "efi/options.h"

/* Codes up to 0xffff are firmware's. */
enum { EFI_WATCHDOG_CODE = 0x10000 };

/*
 * Accepts what the memory map has as unaccepted, by the options, and makes it conventional memory.
 * Says what was done, or why nothing was done, in a line. next_accepts: the image that will be
 * started is known to accept by itself, and is left to do so unless the options say always or name
 * a limit.
 *
 * UEFI 2.10, section 7.5: firmware resets the machine five minutes after it has started an image,
 * which is too early for terabytes. So the watchdog timer is off once memory has been accepted.
 * Whoever starts the next image sets it: the caller, or systemd-boot or firmware, which do so
 * anyway. The EFI shell has turned it off once, and does not do so again.
 */
void efi_accept(const struct efi_firmware *firmware, const struct efi_options *options,
		bool next_accepts);

#endif
