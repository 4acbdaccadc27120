/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_CONFIGURATION_TABLES_H
#define EFI_UEFI_CONFIGURATION_TABLES_H

#include "efi/uefi/base.h"

/* EFI_ACPI_20_TABLE_GUID, section 4.6.1: the RSDP. */
#define EFI_ACPI_20_GUID                                                                           \
	{                                                                                          \
		0x8868e871, 0xe4f1, 0x11d3,                                                        \
		{                                                                                  \
			0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81                             \
		}                                                                                  \
	}

/* Where an SEV-SNP guest's firmware has its secrets page and its CPUID page: EDK II,
 * ConfidentialComputingSevSnpBlob.h. */
#define EFI_CC_BLOB_GUID                                                                           \
	{                                                                                          \
		0x067b1f5f, 0xcf26, 0x44c5,                                                        \
		{                                                                                  \
			0x85, 0x54, 0x93, 0xd7, 0x77, 0x91, 0x2d, 0x42                             \
		}                                                                                  \
	}

#define EFI_CC_BLOB_MAGIC 0x45444d41 /* "AMDE" */

struct efi_cc_blob {
	uint32_t magic;
	uint16_t version, reserved;
	uint64_t secrets;
	uint32_t secrets_bytes, reserved1;
	uint64_t cpuid;
	uint32_t cpuid_bytes, reserved2;
};

_Static_assert(sizeof(struct efi_cc_blob) == 40, "");

#endif
