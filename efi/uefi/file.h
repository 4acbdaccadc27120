/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_FILE_H
#define EFI_UEFI_FILE_H

#include "efi/uefi/base.h"

/* EFI_SIMPLE_FILE_SYSTEM_PROTOCOL and EFI_FILE_PROTOCOL, sections 13.4 and 13.5 */
#define EFI_FILE_SYSTEM_GUID                                                                       \
	{                                                                                          \
		0x964e5b22, 0x6459, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}

#define EFI_FILE_READ	 1ull
#define EFI_FILE_THE_END UINT64_MAX /* for set_position() */

struct efi_file {
	uint64_t revision;
	efi_status(EFIAPI *open)(struct efi_file *self, struct efi_file **file,
				 const uint16_t *name, uint64_t mode, uint64_t attributes);
	efi_status(EFIAPI *close)(struct efi_file *self);
	void *remove;
	efi_status(EFIAPI *read)(struct efi_file *self, size_t *size, void *buffer);
	void *write;
	efi_status(EFIAPI *get_position)(struct efi_file *self, uint64_t *position);
	efi_status(EFIAPI *set_position)(struct efi_file *self, uint64_t position);
};

struct efi_file_system {
	uint64_t revision;
	efi_status(EFIAPI *open_volume)(struct efi_file_system *self, struct efi_file **root);
};

#endif
