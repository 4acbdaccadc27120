/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MAP_BYTES_H
#define TESTS_MAP_BYTES_H

#include <stdint.h>
#include <stddef.h>

/* Fields of n bytes, little-endian, at any address. */
static inline void poke(uint8_t *at, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t peek(const uint8_t *at, size_t n)
{
	uint64_t value = 0;

	for (size_t i = n; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

#endif
