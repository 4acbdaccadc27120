/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_GUID_H
#define TOOLS_INSPECT_GUID_H

#include "formats/bytes.h"
#include "formats/guid.h"

/*
 * EDK2's protocol by which a loader or kernel announces that it accepts memory:
 * c5a010fe-38a7-4531-8a4a-0500d2fd1649.
 */
extern const uint8_t guid_acceptance_protocol[GUID_SIZE];

enum guid_form {
	GUID_ABSENT,
	GUID_PIECES, /* 4 or 8 bytes at a time, near each other: operands of instructions */
	GUID_WHOLE,
};

/* In which form `bytes` contain the 16 bytes at `guid`. */
enum guid_form guid_search(struct bytes bytes, const uint8_t *guid);

#endif
