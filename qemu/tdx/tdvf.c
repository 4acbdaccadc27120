/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/tdvf.h"

#include <string.h>

/* The table of GUIDs ends this far before the image does; its footer comes last. */
#define TABLE_END    0x20
#define GUID_SIZE    16
#define ENTRY_SIZE   (2 + GUID_SIZE) /* of an entry without data */
#define HEADER_SIZE  16
#define SECTION_SIZE 32

/* Fields of a GUID are little-endian, its last eight bytes are in order. */
static const uint8_t footer_guid[GUID_SIZE] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
						0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const uint8_t offset_guid[GUID_SIZE] = { 0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
						0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2 };

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes)
{
	return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static uint64_t get64(const uint8_t *bytes)
{
	return get32(bytes) | (uint64_t)get32(bytes + 4) << 32;
}

/* The entries lie backwards: data, length of all of the entry, GUID. */
static const uint8_t *find_entry(const uint8_t *image, size_t size, const uint8_t *guid,
				 size_t data_size)
{
	const uint8_t *end, *start;
	size_t left, length;

	if (size < TABLE_END + ENTRY_SIZE)
		return NULL;
	end = image + size - TABLE_END - ENTRY_SIZE;
	left = get16(end);
	if (memcmp(end + 2, footer_guid, GUID_SIZE) || left < ENTRY_SIZE)
		return NULL;
	left -= ENTRY_SIZE;
	start = image;
	while (left >= ENTRY_SIZE && (size_t)(end - start) >= left) {
		length = get16(end - ENTRY_SIZE);
		if (length < ENTRY_SIZE || length > left)
			return NULL;
		if (!memcmp(end - GUID_SIZE, guid, GUID_SIZE))
			return length == ENTRY_SIZE + data_size ? end - length : NULL;
		end -= length;
		left -= length;
	}
	return NULL;
}

static const char *read_section(const uint8_t *bytes, struct tdvf_section *section)
{
	uint32_t raw_size = get32(bytes + 4);

	section->gpa = get64(bytes + 8);
	section->size = get64(bytes + 16);
	section->type = get32(bytes + 24);
	if (section->gpa % 4096 || section->size % 4096 ||
	    section->gpa + section->size < section->gpa)
		return "a section of the TDVF metadata is not made of pages";
	switch (section->type) {
	case TDVF_BFV:
	case TDVF_CFV:
		return raw_size && raw_size <= section->size
			       ? NULL
			       : "a firmware volume of the TDVF metadata has no valid size";
	case TDVF_TD_HOB:
	case TDVF_TEMP_MEM:
		return raw_size ? "memory of the TDVF metadata has content" : NULL;
	default:
		return "the TDVF metadata has a section of a type that QEMU does not know";
	}
}

const char *tdvf_parse(const uint8_t *image, size_t size, struct tdvf *tdvf)
{
	const uint8_t *entry = find_entry(image, size, offset_guid, 4), *header;
	const char *error;
	uint32_t distance, count;

	*tdvf = (struct tdvf){ 0 };
	if (!entry)
		return "the firmware has no TDVF metadata: it is not made for TDX";
	distance = get32(entry);
	if (distance > size || distance < HEADER_SIZE)
		return "the firmware's TDVF metadata lies outside of it";
	header = image + size - distance;
	count = get32(header + 12);
	if (memcmp(header, "TDVF", 4) || get32(header + 8) != 1)
		return "the firmware's TDVF metadata has no known version";
	if (count > TDVF_MAX_SECTIONS || distance < HEADER_SIZE + count * SECTION_SIZE ||
	    get32(header + 4) != HEADER_SIZE + count * SECTION_SIZE)
		return "the firmware's TDVF metadata has no valid length";

	for (tdvf->count = 0; tdvf->count < count; tdvf->count++) {
		struct tdvf_section *section = &tdvf->section[tdvf->count];

		error = read_section(header + HEADER_SIZE + tdvf->count * SECTION_SIZE, section);
		if (error)
			return error;
		if (section->type != TDVF_TD_HOB)
			continue;
		if (tdvf->hob)
			return "the TDVF metadata has two TD HOB sections";
		tdvf->hob = section;
	}
	return tdvf->hob ? NULL : "the TDVF metadata has no TD HOB section";
}
