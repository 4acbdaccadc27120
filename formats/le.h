/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_LE_H
#define CVMEM_FORMATS_LE_H

#include <stdint.h>

/* Little-endian numbers of 1 to 8 bytes, at any alignment. */
static inline uint64_t le_get(const uint8_t *from, unsigned int size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | from[size];
	return value;
}

static inline uint16_t le_get16(const uint8_t *from)
{
	return (uint16_t)le_get(from, 2);
}

static inline uint32_t le_get32(const uint8_t *from)
{
	return (uint32_t)le_get(from, 4);
}

static inline uint64_t le_get64(const uint8_t *from)
{
	return le_get(from, 8);
}

static inline void le_put(uint8_t *to, uint64_t value, unsigned int size)
{
	for (; size--; value >>= 8)
		*to++ = (uint8_t)value;
}

#endif
