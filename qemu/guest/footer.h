/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_FOOTER_H
#define CVMEM_QEMU_GUEST_FOOTER_H

#include <stddef.h>
#include <stdint.h>

/*
 * The table of GUIDs at the end of a firmware image, through which OVMF says what a host
 * must know of it. The table ends 32 bytes before the image does. Its entries lie backwards,
 * each made of data, a 16-bit length of all of the entry, and a GUID; the last entry is the
 * footer, whose length is that of the whole table (OVMF, ResetVectorVtf0.asm).
 */
#define FOOTER_GUID_SIZE 16

/*
 * The data of the entry named guid (bytes as they lie in memory: the first three fields of a
 * GUID are little-endian), if it is exactly data_size bytes long. image: the last `size`
 * bytes of the firmware, or all of it. NULL: no table, no such entry, or one that is not valid;
 * nothing outside of the image is ever read.
 */
const uint8_t *footer_find(const uint8_t *image, size_t size, const uint8_t *guid,
			   size_t data_size);

/* Little-endian numbers of any alignment. */
static inline uint16_t footer_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t footer_get32(const uint8_t *bytes)
{
	return footer_get16(bytes) | (uint32_t)footer_get16(bytes + 2) << 16;
}

#endif
