/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_GUID_H
#define TOOLS_INSPECT_GUID_H

#include "formats/bytes.h"

enum guid_form {
	GUID_ABSENT,
	GUID_PIECES, /* 4 or 8 bytes at a time, near each other: operands of instructions */
	GUID_WHOLE,
};

/* How the 16 bytes at `guid`, as EFI stores them, are in `bytes`. */
enum guid_form guid_search(struct bytes bytes, const uint8_t *guid);

#endif
