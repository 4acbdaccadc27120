/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_STUB_STUB_H
#define CVMEM_GUEST_STUB_STUB_H

#include "efi/firmware.h"

/* The kernel of guest/ as an EFI application. */

/* Loads the image, and leaves boot services: *image is where the kernel begins. An error, which a
 * line has said: boot services go on. rom: what the ROM of guest/ has. */
efi_status guest_stub_prepare(const struct efi_firmware *firmware, const void *rom,
			      uint64_t *image);

/* rom.S */
extern const uint8_t guest_stub_rom[];

#endif
