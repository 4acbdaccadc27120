/* SPDX-License-Identifier: MIT */
#ifndef EFI_CONSOLE_H
#define EFI_CONSOLE_H

#include "efi/firmware.h"
#include "efi/text.h"

/* "cvmem: " and the text, on a line of its own. */
void efi_say(const struct efi_firmware *firmware, const struct efi_text *text);
void efi_say_words(const struct efi_firmware *firmware, const char *words);
/* The same in the place of the line that the cursor is on, which the next one replaces. */
void efi_say_for_now(const struct efi_firmware *firmware, const struct efi_text *text);

/* "not found" for a status. */
const char *efi_status_words(efi_status status);

#endif
