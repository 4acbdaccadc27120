/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_BYTES_H
#define CVMEM_FORMATS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "formats/le.h"

/*
 * A part of a file or of memory, which belongs to the caller. Every reader below checks the bounds,
 * so that offsets and sizes may come from the content, which may be hostile.
 */
struct bytes {
	const uint8_t *data;
	size_t size;
};

/* True if `size` bytes at `offset` exist. No sum of the two overflows. */
static inline bool bytes_have(struct bytes bytes, uint64_t offset, uint64_t size)
{
	return offset <= bytes.size && size <= bytes.size - offset;
}

/* Those of `size` bytes at `offset` that exist; fewer, or none, at the end. */
static inline struct bytes bytes_part(struct bytes bytes, uint64_t offset, uint64_t size)
{
	if (offset > bytes.size)
		offset = bytes.size;
	if (size > bytes.size - offset)
		size = bytes.size - offset;
	return (struct bytes){ size ? bytes.data + offset : bytes.data, size };
}

/* Little-endian numbers; 0 where not all of their bytes exist. */
static inline uint64_t bytes_number(struct bytes bytes, uint64_t offset, unsigned int size)
{
	return bytes_have(bytes, offset, size) ? le_get(bytes.data + offset, size) : 0;
}

static inline uint16_t bytes_u16(struct bytes bytes, uint64_t offset)
{
	return (uint16_t)bytes_number(bytes, offset, 2);
}

static inline uint32_t bytes_u32(struct bytes bytes, uint64_t offset)
{
	return (uint32_t)bytes_number(bytes, offset, 4);
}

static inline uint64_t bytes_u64(struct bytes bytes, uint64_t offset)
{
	return bytes_number(bytes, offset, 8);
}

/* True if the bytes at `offset` exist and equal the `size` bytes at `wanted`. */
static inline bool bytes_are(struct bytes bytes, uint64_t offset, const void *wanted, size_t size)
{
	return bytes_have(bytes, offset, size) && !memcmp(bytes.data + offset, wanted, size);
}

/* The first place of the `size` bytes at `wanted`; NULL: there is none. */
static inline const uint8_t *bytes_find(struct bytes bytes, const void *wanted, size_t size)
{
	return bytes.size < size ? NULL : memmem(bytes.data, bytes.size, wanted, size);
}

#endif
