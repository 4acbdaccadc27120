/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/footer.h"

#include <string.h>

#define TABLE_END  0x20
#define ENTRY_SIZE (2 + FOOTER_GUID_SIZE) /* of an entry without data */

/* 96b582de-1fb2-45f7-baea-a366c55a082d */
static const uint8_t footer_guid[FOOTER_GUID_SIZE] = {
	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d,
};

const uint8_t *footer_find(const uint8_t *image, size_t size, const uint8_t *guid, size_t data_size)
{
	const uint8_t *end;
	size_t left, length;

	if (size < TABLE_END + ENTRY_SIZE)
		return NULL;
	end = image + size - TABLE_END - ENTRY_SIZE;
	left = footer_get16(end);
	if (memcmp(end + 2, footer_guid, FOOTER_GUID_SIZE) || left < ENTRY_SIZE)
		return NULL;
	left -= ENTRY_SIZE;
	while (left >= ENTRY_SIZE && (size_t)(end - image) >= left) {
		length = footer_get16(end - ENTRY_SIZE);
		if (length < ENTRY_SIZE || length > left)
			return NULL;
		if (!memcmp(end - FOOTER_GUID_SIZE, guid, FOOTER_GUID_SIZE))
			return length == ENTRY_SIZE + data_size ? end - length : NULL;
		end -= length;
		left -= length;
	}
	return NULL;
}
