/* SPDX-License-Identifier: MIT */
#ifndef EFI_NEXT_IMAGE_H
#define EFI_NEXT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether an image is known to accept memory by itself: it is Linux or a unified kernel image, and
 * has the GUID of the protocol by which Linux's EFI stub tells firmware so. A loader is not known
 * to, whatever it starts.
 */
bool efi_next_image_accepts(const uint8_t *image, size_t size);

/*
 * Whether an image is a GRUB whose command `linux' enters the kernel in 32 bits, where the first
 * #VE is a triple fault: one before 2.12, without Fedora's loader by the EFI stub.
 */
bool efi_next_image_resets_td(const uint8_t *image, size_t size);

#endif
