/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BYTES_H
#define TOOLS_BYTES_H

#include <stdint.h>

static inline uint64_t get_le(const unsigned char *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static inline void put_le(unsigned char *at, uint64_t value, unsigned int bytes)
{
	for (; bytes--; value >>= 8)
		*at++ = (unsigned char)value;
}

#endif
