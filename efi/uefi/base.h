/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_BASE_H
#define EFI_UEFI_BASE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Types of the UEFI specification 2.10, section 2.3.1, and the calling convention of section 2.3.4,
 * so that the same sources are compiled into EFI images and, for the tests, into ELF programs.
 */
#define EFIAPI __attribute__((ms_abi))

typedef uint64_t efi_status; /* appendix D: the highest bit says error */
typedef void *efi_handle;

#define EFI_ERROR(code)	     ((efi_status)(code) | 1ull << 63)
#define EFI_SUCCESS	     ((efi_status)0)
#define EFI_LOAD_ERROR	     EFI_ERROR(1)
#define EFI_INVALID_PARAM    EFI_ERROR(2)
#define EFI_UNSUPPORTED	     EFI_ERROR(3)
#define EFI_BUFFER_TOO_SMALL EFI_ERROR(5)
#define EFI_NOT_READY	     EFI_ERROR(6)
#define EFI_DEVICE_ERROR     EFI_ERROR(7)
#define EFI_OUT_OF_RESOURCES EFI_ERROR(9)
#define EFI_NOT_FOUND	     EFI_ERROR(14)
#define EFI_ACCESS_DENIED    EFI_ERROR(15)
#define EFI_TIMEOUT	     EFI_ERROR(18)
#define EFI_ABORTED	     EFI_ERROR(21)
#define EFI_SECURITY	     EFI_ERROR(26)

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, size, crc32, reserved;
};

#endif
