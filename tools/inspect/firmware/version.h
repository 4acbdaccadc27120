/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_VERSION_H
#define TOOLS_INSPECT_FIRMWARE_VERSION_H

#include "formats/bytes.h"

#define FW_VERSION_MAX 48

/*
 * The version that the driver SmbiosPlatformDxe of OVMF puts into the SMBIOS table, which Linux
 * shows as /sys/class/dmi/id/bios_version: "2025.02-8+deb13u1". Builds without one say "unknown";
 * "" then.
 */
void fw_version_find(char version[FW_VERSION_MAX], struct bytes image);

#endif
