/* SPDX-License-Identifier: MIT */
#ifndef EFI_FIRMWARE_H
#define EFI_FIRMWARE_H

#include <stdbool.h>

#include <cvmem/platform.h>

#include "efi/uefi/loaded_image.h"

/* The firmware that runs this image, and what it runs on. */
struct efi_firmware {
	efi_handle handle; /* this image's */
	struct efi_loaded_image *image;
	struct efi_system_table *system;
	struct efi_boot_services *boot;
	enum cvm_platform_kind platform;
	uint64_t (*ticks)(void); /* a clock of constant, unknown speed */
};

/* False: the firmware says nothing about this image, which breaks the specification. */
bool efi_firmware_open(struct efi_firmware *firmware, efi_handle handle,
		       struct efi_system_table *system);

/* NULL: the firmware has no such protocol, or no such table. */
void *efi_locate(const struct efi_firmware *firmware, const struct efi_guid *protocol);
void *efi_protocol_of(const struct efi_firmware *firmware, efi_handle handle,
		      const struct efi_guid *protocol);
void *efi_configuration(const struct efi_firmware *firmware, const struct efi_guid *guid);

/* NULL: there is no memory. */
void *efi_alloc(const struct efi_firmware *firmware, size_t size);
void efi_free(const struct efi_firmware *firmware, void *memory);

#endif
