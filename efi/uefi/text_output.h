/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_TEXT_OUTPUT_H
#define EFI_UEFI_TEXT_OUTPUT_H

#include "efi/uefi/base.h"

/* EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL, section 12.4; what follows is not used. */
struct efi_text_output {
	efi_status(EFIAPI *reset)(struct efi_text_output *self, uint8_t extended);
	efi_status(EFIAPI *output_string)(struct efi_text_output *self, const uint16_t *string);
};

#endif
