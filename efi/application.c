/* SPDX-License-Identifier: MIT */
/* cvmem-chainx64.efi: an application in the place of a loader, which it starts. */
#include "efi/chain.h"
#include "efi/console.h"

enum { READABLE_US = 10000000 };

efi_status EFIAPI efi_application_main(efi_handle image, struct efi_system_table *system);

efi_status EFIAPI efi_application_main(efi_handle image, struct efi_system_table *system)
{
	struct efi_firmware firmware;
	struct efi_options options;
	char own[EFI_PATH_ROOM];
	efi_status status;

	if (!efi_firmware_open(&firmware, image, system))
		return EFI_UNSUPPORTED;
	efi_configuration_read(&firmware, &options, own);
	status = efi_chain(&firmware, &options, own);
	/* Firmware may clear the screen for its next boot option. */
	if (status)
		firmware.boot->stall(READABLE_US);
	return status;
}
