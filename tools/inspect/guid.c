/* SPDX-License-Identifier: MIT */
#include "tools/inspect/guid.h"

const uint8_t guid_acceptance_protocol[GUID_SIZE] =
	GUID(0xc5a010fe, 0x38a7, 0x4531, 0x8a4a, 0x0500d2fd1649);

/*
 * Compilers build a GUID on the stack from immediates of 4 or 8 bytes, with one or two other
 * instructions between them. The search looks twice that distance to either side, and then
 * continues behind it, so that no content makes it read a byte more than a few times.
 */
#define NEAR 256

static bool pieces_near(struct bytes bytes, size_t at, const uint8_t *guid)
{
	size_t start = at > 2 * NEAR ? at - 2 * NEAR : 0;
	struct bytes near = bytes_part(bytes, start, at - start + 2 * NEAR);

	for (int i = 4; i < 16; i += 4) {
		if (!bytes_find(near, guid + i, 4))
			return false;
	}
	return true;
}

enum guid_form guid_search(struct bytes bytes, const uint8_t *guid)
{
	struct bytes rest = bytes;

	if (bytes_find(bytes, guid, 16))
		return GUID_WHOLE;
	for (;;) {
		const uint8_t *found = bytes_find(rest, guid, 4);
		size_t at;

		if (!found)
			return GUID_ABSENT;
		at = (size_t)(found - bytes.data);
		if (pieces_near(bytes, at, guid))
			return GUID_PIECES;
		rest = bytes_part(bytes, at + NEAR, bytes.size);
	}
}
