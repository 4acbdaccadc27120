/* SPDX-License-Identifier: MIT */
#ifndef EFI_UEFI_ALLOW_UNACCEPTED_H
#define EFI_UEFI_ALLOW_UNACCEPTED_H

#include "efi/uefi/base.h"

/*
 * OVMF_SEV_MEMORY_ACCEPTANCE_PROTOCOL (tianocore bug 3987): a loader that calls it before boot
 * services end takes care of unaccepted memory; else OVMF accepts all of it then, as an SEV-SNP
 * guest.
 */
#define EFI_ALLOW_UNACCEPTED_GUID                                                                  \
	{                                                                                          \
		0xc5a010fe, 0x38a7, 0x4531,                                                        \
		{                                                                                  \
			0x8a, 0x4a, 0x05, 0x00, 0xd2, 0xfd, 0x16, 0x49                             \
		}                                                                                  \
	}

struct efi_allow_unaccepted {
	efi_status(EFIAPI *allow)(struct efi_allow_unaccepted *self);
};

#endif
