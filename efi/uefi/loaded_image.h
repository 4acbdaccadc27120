/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_LOADED_IMAGE_H
#define EFI_UEFI_LOADED_IMAGE_H

#include "efi/uefi/system_table.h"

/* EFI_LOADED_IMAGE_PROTOCOL, section 9.1 */
#define EFI_LOADED_IMAGE_GUID                                                                      \
	{                                                                                          \
		0x5b1b31a1, 0x9562, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}

struct efi_loaded_image {
	uint32_t revision, pad;
	efi_handle parent;
	struct efi_system_table *system;
	efi_handle device;
	const struct efi_device_path *file_path;
	void *reserved;
	uint32_t load_options_size, pad2;
	void *load_options;
	void *image_base;
	uint64_t image_size;
	uint32_t code_type, data_type;
};

_Static_assert(offsetof(struct efi_loaded_image, image_base) == 64, "9.1");

#endif
