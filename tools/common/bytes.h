/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_BYTES_H
#define TOOLS_INSPECT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A part of a file, or of what was unpacked from one. Somebody else owns the memory. */
struct inspect_bytes {
	const uint8_t *data;
	size_t size;
};

/* True if `size` bytes from `offset` on are there. No sum of the two overflows. */
static inline bool bytes_have(struct inspect_bytes bytes, uint64_t offset, uint64_t size)
{
	return offset <= bytes.size && size <= bytes.size - offset;
}

/* What is there of `size` bytes from `offset` on; less, or nothing, at the end. */
static inline struct inspect_bytes bytes_part(struct inspect_bytes bytes, uint64_t offset,
					      uint64_t size)
{
	if (offset > bytes.size)
		offset = bytes.size;
	if (size > bytes.size - offset)
		size = bytes.size - offset;
	return (struct inspect_bytes){ size ? bytes.data + offset : bytes.data, size };
}

/* Little-endian numbers; 0 beyond the end. */
static inline uint64_t bytes_number(struct inspect_bytes bytes, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (!bytes_have(bytes, offset, size))
		return 0;
	while (size--)
		value = value << 8 | bytes.data[offset + size];
	return value;
}

static inline uint16_t bytes_u16(struct inspect_bytes bytes, uint64_t offset)
{
	return (uint16_t)bytes_number(bytes, offset, 2);
}

static inline uint32_t bytes_u32(struct inspect_bytes bytes, uint64_t offset)
{
	return (uint32_t)bytes_number(bytes, offset, 4);
}

static inline uint64_t bytes_u64(struct inspect_bytes bytes, uint64_t offset)
{
	return bytes_number(bytes, offset, 8);
}

/* `size` bytes at `offset` are those at `wanted`. */
static inline bool bytes_are(struct inspect_bytes bytes, uint64_t offset, const void *wanted,
			     size_t size)
{
	return bytes_have(bytes, offset, size) && !memcmp(bytes.data + offset, wanted, size);
}

/* Where the `size` bytes at `wanted` are first; NULL: nowhere. */
static inline const uint8_t *bytes_find(struct inspect_bytes bytes, const void *wanted, size_t size)
{
	return bytes.size < size ? NULL : memmem(bytes.data, bytes.size, wanted, size);
}

#endif
