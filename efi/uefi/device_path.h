/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_DEVICE_PATH_H
#define EFI_UEFI_DEVICE_PATH_H

#include "efi/uefi/base.h"

/* EFI_DEVICE_PATH_PROTOCOL, section 10.2: nodes behind each other, unaligned, up to an end node. */
#define EFI_DEVICE_PATH_GUID                                                                       \
	{                                                                                          \
		0x09576e91, 0x6d3f, 0x11d2,                                                        \
		{                                                                                  \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b                             \
		}                                                                                  \
	}

enum {
	EFI_PATH_MEDIA = 4,
	EFI_PATH_MEDIA_FILE = 4, /* a path as UCS-2 text, section 10.3.5.4 */
	EFI_PATH_END = 0x7f,
	EFI_PATH_END_ENTIRE = 0xff,
};

struct efi_device_path {
	uint8_t type, subtype;
	uint8_t length[2]; /* with these four bytes */
};

#endif
