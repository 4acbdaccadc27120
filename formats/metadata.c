/* SPDX-License-Identifier: MIT */
#include "formats/metadata.h"

#define PAGE	    4096
#define HEADER_SIZE 16

/* Offsets in the header. */
enum { LENGTH = 4, VERSION = 8, COUNT = 12 };

const struct metadata_section *metadata_find(const struct metadata *metadata, uint32_t type)
{
	for (size_t i = 0; i < metadata->count; i++)
		if (metadata->section[i].type == type)
			return &metadata->section[i];
	return NULL;
}

size_t metadata_count(const struct metadata *metadata, uint32_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < metadata->count; i++)
		count += metadata->section[i].type == type;
	return count;
}

bool metadata_overlap(const struct metadata_section *a, const struct metadata_section *b)
{
	return a->size && b->size && a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

unsigned int metadata_check_memory(const struct metadata_section *section)
{
	unsigned int errors = 0;

	if (section->gpa % PAGE)
		errors |= METADATA_BAD_ADDRESS;
	if (section->size % PAGE)
		errors |= METADATA_BAD_SIZE;
	if (!section->size)
		errors |= METADATA_EMPTY;
	if (section->gpa + section->size < section->gpa)
		errors |= METADATA_BAD_END;
	return errors;
}

static void read_sections(struct metadata *metadata, struct bytes image,
			  const struct metadata_format *format)
{
	uint64_t at = metadata->offset + HEADER_SIZE;

	if (metadata->declared > METADATA_SECTIONS_MAX)
		metadata->errors |= METADATA_TOO_MANY;
	for (; metadata->count < metadata->declared; metadata->count++) {
		struct metadata_section *section = &metadata->section[metadata->count];

		if (metadata->count == METADATA_SECTIONS_MAX)
			return;
		if (!bytes_have(image, at, format->section_size)) {
			metadata->errors |= METADATA_TRUNCATED;
			return;
		}
		section->offset = at;
		format->read(section, image.data + at);
		at += format->section_size;
	}
}

void metadata_read_at(struct metadata *metadata, struct bytes image,
		      const struct metadata_format *format)
{
	metadata->present = bytes_are(image, metadata->offset, format->signature, 4);
	if (!bytes_have(image, metadata->offset, HEADER_SIZE))
		metadata->errors |= METADATA_NO_HEADER;
	if (!metadata->present)
		metadata->errors |= METADATA_BAD_SIGNATURE;
	if (metadata->errors)
		return;
	metadata->length = bytes_u32(image, metadata->offset + LENGTH);
	metadata->version = bytes_u32(image, metadata->offset + VERSION);
	metadata->declared = bytes_u32(image, metadata->offset + COUNT);
	if (metadata->version != 1)
		metadata->errors |= METADATA_BAD_VERSION;
	if (metadata->length != HEADER_SIZE + (uint64_t)format->section_size * metadata->declared)
		metadata->errors |= METADATA_BAD_LENGTH;
	read_sections(metadata, image, format);
}

void metadata_read(struct metadata *metadata, struct bytes image,
		   const struct metadata_format *format)
{
	memset(metadata, 0, sizeof(*metadata));
	metadata->place =
		guid_table_place(image, format->guid, &metadata->entry, &metadata->offset);
	if (metadata->place == GUID_TABLE_PLACE_OK)
		metadata_read_at(metadata, image, format);
}
