/* SPDX-License-Identifier: MIT */
/* cvmem-acceptx64.efi: a boot-services driver, which starts nothing. */
#include "efi/accept.h"
#include "efi/configuration.h"

efi_status EFIAPI efi_driver_main(efi_handle image, struct efi_system_table *system);

/* Success in any case: the boot goes on, and a loader that reports failed drivers has no more to
 * say than the line that this one has printed. */
efi_status EFIAPI efi_driver_main(efi_handle image, struct efi_system_table *system)
{
	struct efi_firmware firmware;
	struct efi_options options;
	char own[EFI_PATH_ROOM];

	if (!efi_firmware_open(&firmware, image, system))
		return EFI_SUCCESS;
	efi_configuration_read(&firmware, &options, own);
	efi_accept(&firmware, &options, false);
	return EFI_SUCCESS;
}
