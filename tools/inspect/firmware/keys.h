/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_KEYS_H
#define TOOLS_INSPECT_FIRMWARE_KEYS_H

#include "formats/bytes.h"

/*
 * Secure Boot, as the variables that come with a firmware set it (UEFI specification, section
 * 32.3). Firmware with a platform key verifies each program that it starts.
 */

/* A db of Microsoft's keys has 3 to 6. */
#define FW_KEYS_MAX 16

struct fw_keys {
	bool enforced; /* there is a platform key, and nothing switches verification off */
	bool others;   /* db has something other than certificates, or more than fit here */
	size_t count;
	struct bytes subject[FW_KEYS_MAX]; /* of the certificates in db: a Name of X.509 */
};

/* `volume`: a firmware volume with variables. What belongs to no such store is left out. */
void fw_keys_read(struct fw_keys *keys, struct bytes volume);

/* The common name in a Name of X.509; its size is 0 if there is none. */
struct bytes fw_keys_common_name(struct bytes subject);

#endif
