/* SPDX-License-Identifier: MIT */
#include "formats/tdvf.h"

/* From the end of the image to the older offset. */
#define LEGACY_OFFSET 0x20

static const uint8_t offset_guid[GUID_SIZE] =
	GUID(0xe47a6535, 0x984a, 0x4798, 0x865e, 0x4685a7bf8ec2);
static const uint8_t before_guid[GUID_SIZE] =
	GUID(0xe9eaf9f3, 0x168e, 0x44d5, 0xa8eb, 0x7f4d8738f6ae);

const char *tdvf_type_name(uint32_t type)
{
	static const char *const names[] = { "BFV",	"CFV",	   "TD_HOB",	  "TempMem",
					     "PermMem", "Payload", "PayloadParam" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "type";
}

static unsigned int check_content(const struct metadata_section *section)
{
	unsigned int errors = 0;

	if (section->raw_size > section->size)
		errors |= METADATA_BAD_RAW_SIZE;
	switch (section->type) {
	case TDVF_BFV:
	case TDVF_CFV:
		return errors | (section->raw_size ? 0 : METADATA_NO_CONTENT);
	case TDVF_TD_HOB:
	case TDVF_TEMP_MEM:
		return errors | (section->raw_size ? METADATA_CONTENT : 0);
	case TDVF_PERM_MEM:
	case TDVF_PAYLOAD:
	case TDVF_PAYLOAD_PARAM:
		return errors | METADATA_PAYLOAD_TYPE;
	default:
		return errors | METADATA_BAD_TYPE;
	}
}

static void read_section(struct metadata_section *section, const uint8_t *bytes)
{
	section->data_offset = le_get32(bytes);
	section->raw_size = le_get32(bytes + 4);
	section->gpa = le_get64(bytes + 8);
	section->size = le_get64(bytes + 16);
	section->type = le_get32(bytes + 24);
	section->attributes = le_get32(bytes + 28);
	section->errors = metadata_check_memory(section) | check_content(section);
}

static const struct metadata_format format = {
	.guid = offset_guid,
	.signature = "TDVF",
	.section_size = 32,
	.read = read_section,
};

static void read_legacy(struct metadata *tdvf, struct bytes image)
{
	if (image.size < LEGACY_OFFSET)
		return;
	tdvf->offset = bytes_u32(image, image.size - LEGACY_OFFSET);
	/* Without the signature those 32 bits have another meaning, which is no error. */
	tdvf->legacy = bytes_are(image, tdvf->offset, format.signature, 4);
	if (tdvf->legacy)
		metadata_read_at(tdvf, image, &format);
}

void tdvf_read(struct metadata *tdvf, struct bytes image)
{
	metadata_read(tdvf, image, &format);
	if (tdvf->place != GUID_TABLE_PLACE_OK)
		read_legacy(tdvf, image);
	else if (!bytes_are(image, tdvf->offset - GUID_SIZE, before_guid, GUID_SIZE))
		tdvf->errors |= METADATA_NO_GUID;
}
