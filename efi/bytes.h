/* SPDX-License-Identifier: MIT */
#ifndef EFI_BYTES_H
#define EFI_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the C library would do; an EFI image has none. */
static inline bool efi_bytes_equal(const void *a, const void *b, size_t size)
{
	const uint8_t *one = a, *other = b;

	for (size_t i = 0; i < size; i++) {
		if (one[i] != other[i])
			return false;
	}
	return true;
}

static inline void efi_bytes_copy(void *to, const void *from, size_t size)
{
	uint8_t *target = to;
	const uint8_t *source = from;

	for (size_t i = 0; i < size; i++)
		target[i] = source[i];
}

static inline size_t efi_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

static inline bool efi_text_equal(const char *a, const char *b)
{
	size_t length = efi_length(a);

	return length == efi_length(b) && efi_bytes_equal(a, b, length);
}

#endif
