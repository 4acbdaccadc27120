/* SPDX-License-Identifier: MIT */
#ifndef EFI_PATH_H
#define EFI_PATH_H

#include "efi/firmware.h"
#include "efi/uefi/device_path.h"

enum { EFI_PATH_ROOM = 512 };

/* The path on its file system that a device path ends with, "\EFI\BOOT\BOOTX64.EFI"; false: it has
 * none, or it is too long or not ASCII. */
bool efi_path_of(const struct efi_device_path *path, char text[EFI_PATH_ROOM]);

/* The path of a file: beside another one, or from the root if it begins with '\'. False: too long.
 */
bool efi_path_beside(const char *other, const char *name, char text[EFI_PATH_ROOM]);

/* The device path of a file on a device, to be freed; NULL: the device has none, or no memory. */
struct efi_device_path *efi_path_make(const struct efi_firmware *firmware, efi_handle device,
				      const char *text);

/* text as UCS-2 with a 0 behind it; wide has room for as many characters. */
void efi_path_widen(const char *text, uint16_t *wide);

#endif
