/* SPDX-License-Identifier: MIT */
#ifndef EFI_FILE_H
#define EFI_FILE_H

#include "efi/firmware.h"

/* A file's content, to be freed. */
struct efi_content {
	uint8_t *data;
	size_t size;
};

/* A file of a device's file system; more than `most` bytes are EFI_OUT_OF_RESOURCES. */
efi_status efi_file_read(const struct efi_firmware *firmware, efi_handle device, const char *path,
			 size_t most, struct efi_content *content);

#endif
