/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_SYSTEM_TABLE_H
#define EFI_UEFI_SYSTEM_TABLE_H

#include "efi/uefi/boot_services.h"
#include "efi/uefi/text_output.h"

/* EFI_CONFIGURATION_TABLE, section 4.6 */
struct efi_configuration_table {
	struct efi_guid guid;
	void *table;
};

/* EFI_SYSTEM_TABLE, section 4.3 */
struct efi_system_table {
	struct efi_table_header header;
	uint16_t *vendor;
	uint32_t revision, pad;
	efi_handle console_in_handle;
	void *console_in;
	efi_handle console_out_handle;
	struct efi_text_output *console_out;
	efi_handle error_handle;
	struct efi_text_output *error;
	void *runtime_services;
	struct efi_boot_services *boot_services;
	size_t tables;
	struct efi_configuration_table *table;
};

_Static_assert(sizeof(struct efi_system_table) == 120, "4.3");

#endif
