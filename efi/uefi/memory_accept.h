/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_MEMORY_ACCEPT_H
#define EFI_UEFI_MEMORY_ACCEPT_H

#include "efi/uefi/base.h"

/* EDKII_MEMORY_ACCEPT_PROTOCOL: firmware accepts, by the instructions of its platform. Edk2 has it
 * from 2022.11 on, for TDX and SEV-SNP. It does not change the memory map. */
#define EFI_MEMORY_ACCEPT_GUID                                                                     \
	{                                                                                          \
		0x38c74800, 0x5590, 0x4db4,                                                        \
		{                                                                                  \
			0xa0, 0xf3, 0x67, 0x5d, 0x9b, 0x8e, 0x80, 0x26                             \
		}                                                                                  \
	}

struct efi_memory_accept {
	efi_status(EFIAPI *accept)(struct efi_memory_accept *self, uint64_t start, uint64_t size);
};

#endif
