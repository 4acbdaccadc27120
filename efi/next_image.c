/* SPDX-License-Identifier: MIT */
#include "efi/next_image.h"

#include "efi/bytes.h"

/*
 * Compilers build a GUID on the stack from immediates of 4 or 8 bytes, with other instructions
 * between them. Two of its quarters begin with different bytes.
 */
enum { NEAR = 256, QUARTER = 4 };

static const uint8_t guid[16] = { 0xfe, 0x10, 0xa0, 0xc5, 0xa7, 0x38, 0x31, 0x45,
				  0x8a, 0x4a, 0x05, 0x00, 0xd2, 0xfd, 0x16, 0x49 };

static bool find_near(const uint8_t *image, size_t size, size_t at, const uint8_t *quarter)
{
	size_t from = at > NEAR ? at - NEAR : 0, end = at + NEAR < size ? at + NEAR : size;

	for (; from + QUARTER <= end; from++) {
		if (efi_bytes_equal(image + from, quarter, QUARTER))
			return true;
	}
	return false;
}

static bool has_guid(const uint8_t *image, size_t size)
{
	for (size_t at = 0; at + QUARTER <= size; at++) {
		if (image[at] == guid[0] && efi_bytes_equal(image + at, guid, QUARTER) &&
		    find_near(image, size, at, guid + 4) && find_near(image, size, at, guid + 8) &&
		    find_near(image, size, at, guid + 12))
			return true;
	}
	return false;
}

/* Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header" */
static bool is_linux(const uint8_t *image, size_t size)
{
	return size > 0x206 && efi_bytes_equal(image + 0x202, "HdrS", 4);
}

static uint32_t get(const uint8_t *at, unsigned size)
{
	uint32_t value = 0;

	while (size--)
		value = value << 8 | at[size];
	return value;
}

/* A section ".linux" (the unified kernel image specification; Microsoft's "PE Format"). */
static bool is_unified(const uint8_t *image, size_t size)
{
	size_t header, table, sections;

	if (size < 0x40 || image[0] != 'M' || image[1] != 'Z')
		return false;
	header = get(image + 0x3c, 4);
	if (header > size || size - header < 24 || !efi_bytes_equal(image + header, "PE\0", 4))
		return false;
	sections = get(image + header + 6, 2);
	table = header + 24 + get(image + header + 20, 2);
	for (size_t i = 0; i < sections && table + 40 <= size; i++, table += 40) {
		if (efi_bytes_equal(image + table, ".linux\0", 8))
			return true;
	}
	return false;
}

bool efi_next_image_accepts(const uint8_t *image, size_t size)
{
	return (is_linux(image, size) || is_unified(image, size)) && has_guid(image, size);
}

static bool contains(const uint8_t *image, size_t size, const char *text)
{
	size_t length = efi_length(text);

	for (size_t at = 0; at + length <= size; at++) {
		if (image[at] == (uint8_t)*text && efi_bytes_equal(image + at, text, length))
			return true;
	}
	return false;
}

/* The row of GRUB's own project in its SBAT section; the name of a source file in its messages. */
bool efi_next_image_resets_td(const uint8_t *image, size_t size)
{
	return contains(image, size, ",grub,2.0") && !contains(image, size, "loader/efi/linux.c");
}
