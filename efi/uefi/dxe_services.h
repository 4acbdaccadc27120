/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_DXE_SERVICES_H
#define EFI_UEFI_DXE_SERVICES_H

#include "efi/uefi/base.h"

/* DXE services table of the Platform Initialization specification 1.8, volume 2, section 7.2: the
 * global coherency domain (GCD), from which the memory map is made. */
#define EFI_DXE_SERVICES_GUID                                                                      \
	{                                                                                          \
		0x05ad34ba, 0x6f02, 0x4214,                                                        \
		{                                                                                  \
			0x95, 0x2e, 0x4d, 0xa0, 0x39, 0x8e, 0x2b, 0xb9                             \
		}                                                                                  \
	}

enum efi_gcd_type {
	EFI_GCD_SYSTEM_MEMORY = 2,
	EFI_GCD_UNACCEPTED = 6,
};

/* EFI_GCD_MEMORY_SPACE_DESCRIPTOR */
struct efi_gcd_descriptor {
	uint64_t start, size, capabilities, attributes;
	uint32_t type, pad;
	efi_handle image, device;
};

struct efi_dxe_services {
	struct efi_table_header header;
	efi_status(EFIAPI *add_memory_space)(uint32_t type, uint64_t start, uint64_t size,
					     uint64_t capabilities);
	void *allocate_memory_space, *free_memory_space;
	efi_status(EFIAPI *remove_memory_space)(uint64_t start, uint64_t size);
	efi_status(EFIAPI *get_memory_space_descriptor)(uint64_t start,
							struct efi_gcd_descriptor *descriptor);
};

#endif
