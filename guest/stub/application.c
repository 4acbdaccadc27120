/* SPDX-License-Identifier: MIT */
/* cvmem-guestx64.efi: the kernel of guest/, started by firmware. */
#include "guest/stub/stub.h"

enum { READABLE_US = 10000000 };

efi_status EFIAPI guest_stub_main(efi_handle handle, struct efi_system_table *system);

typedef void (*entry)(uint64_t image, uint32_t from_firmware) __attribute__((sysv_abi, noreturn));

efi_status EFIAPI guest_stub_main(efi_handle handle, struct efi_system_table *system)
{
	struct efi_firmware firmware;
	efi_status status;
	uint64_t image;

	if (!efi_firmware_open(&firmware, handle, system))
		return EFI_UNSUPPORTED;
	status = guest_stub_prepare(&firmware, guest_stub_rom, &image);
	/* Firmware may clear the screen for its next boot option. */
	if (status) {
		firmware.boot->stall(READABLE_US);
		return status;
	}
	/* Firmware's interrupt table is no longer there. */
	__asm__ volatile("cli");
	((entry)image)(image, true);
}
