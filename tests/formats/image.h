/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_FORMATS_IMAGE_H
#define CVMEM_TESTS_FORMATS_IMAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/bytes.h"

/*
 * A firmware image made by hand, byte by byte. GUIDs are given by the bytes that uuid.UUID(text)
 * .bytes_le of Python prints, so that nothing here is read by the code that is tested.
 */
#define IMAGE_SIZE   0x1000
#define TABLE_END    0xfe0 /* 32 bytes before the end */
#define TABLE_LENGTH 0xfce /* of the footer */
#define FOOTER	     "\xde\x82\xb5\x96\xb2\x1f\xf7\x45\xba\xea\xa3\x66\xc5\x5a\x08\x2d"

static uint8_t image[IMAGE_SIZE];
static size_t table_start;

static inline void put(size_t offset, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		image[offset + i] = (uint8_t)(value >> 8 * i);
}

/* The footer alone. What nothing is put into is 0xff, as in flash memory. */
static inline void image_begin(void)
{
	memset(image, 0xff, sizeof(image));
	memcpy(image + TABLE_END - 16, FOOTER, 16);
	put(TABLE_LENGTH, 18, 2);
	table_start = TABLE_LENGTH;
}

/* One more entry, before those that exist; returns where its data are. */
static inline size_t image_entry(const char *guid, const void *data, size_t size)
{
	table_start -= 18 + size;
	memcpy(image + table_start, data, size);
	put(table_start + size, 18 + size, 2);
	memcpy(image + table_start + size + 2, guid, 16);
	put(TABLE_LENGTH, TABLE_END - table_start, 2);
	return table_start;
}

/* The same with a number of 32 bits for data. */
static inline size_t image_entry32(const char *guid, uint32_t value)
{
	const uint8_t data[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
				  (uint8_t)(value >> 24) };

	return image_entry(guid, data, sizeof(data));
}

static inline struct bytes image_bytes(void)
{
	return (struct bytes){ image, sizeof(image) };
}

/* The last `size` bytes in memory of their own, so that valgrind and ASan see a read outside. */
static inline struct bytes image_tail(size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, image + sizeof(image) - size, size);
	return (struct bytes){ copy, size };
}

#endif
