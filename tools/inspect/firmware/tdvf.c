/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/tdvf.h"

#include "tools/inspect/firmware/guids.h"
#include "tools/inspect/firmware/tdvf_lint.h"

#define HEADER_SIZE  16
#define SECTION_SIZE 32
#define LEGACY_OFFSET                                                                              \
	0x20 /* from the end of the file: 32 bits, the descriptor's offset in the file */

const char *fw_tdvf_type_name(uint32_t type)
{
	static const char *const names[] = { "BFV",	"CFV",	   "TD_HOB",	  "TempMem",
					     "PermMem", "Payload", "PayloadParam" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "type";
}

static bool find(struct fw_tdvf *tdvf, struct bytes image, const struct fw_table *table,
		 struct fw_lints *lints)
{
	if (fw_table_place(table, image, fw_guid_tdvf_offset, "the TDVF descriptor", &tdvf->offset,
			   lints)) {
		if (bytes_are(image, tdvf->offset, "TDVF", 4))
			return true;
		fw_lint_add(lints, FW_ERROR, "tdvf-signature", tdvf->offset,
			    "the GUID table says that the TDVF descriptor is here; it begins with "
			    "\"TDVF\", and this does not");
		return false;
	}
	if (image.size < LEGACY_OFFSET)
		return false;
	tdvf->offset = bytes_u32(image, image.size - LEGACY_OFFSET);
	tdvf->legacy = bytes_are(image, tdvf->offset, "TDVF", 4);
	return tdvf->legacy;
}

static void read_section(struct fw_tdvf_section *section, struct bytes image, uint64_t offset)
{
	section->offset = offset;
	section->data_offset = bytes_u32(image, offset);
	section->raw_size = bytes_u32(image, offset + 4);
	section->gpa = bytes_u64(image, offset + 8);
	section->size = bytes_u64(image, offset + 16);
	section->type = bytes_u32(image, offset + 24);
	section->attributes = bytes_u32(image, offset + 28);
}

void fw_tdvf_read(struct fw_tdvf *tdvf, struct bytes image, const struct fw_table *table,
		  struct fw_lints *lints)
{
	size_t errors = 0;
	uint32_t length, count;

	memset(tdvf, 0, sizeof(*tdvf));
	if (!find(tdvf, image, table, lints))
		return;
	tdvf->present = true;
	if (!bytes_have(image, tdvf->offset, HEADER_SIZE)) {
		fw_lint_add(lints, FW_ERROR, "tdvf-truncated", tdvf->offset,
			    "the file ends within the header of the TDVF descriptor (%d bytes)",
			    HEADER_SIZE);
		return;
	}
	length = bytes_u32(image, tdvf->offset + 4);
	tdvf->version = bytes_u32(image, tdvf->offset + 8);
	count = bytes_u32(image, tdvf->offset + 12);
	if (!tdvf->legacy &&
	    (tdvf->offset < FW_GUID_SIZE ||
	     !bytes_are(image, tdvf->offset - FW_GUID_SIZE, fw_guid_tdvf, FW_GUID_SIZE)))
		fw_lint_add(
			lints, FW_WARNING, "tdvf-guid", tdvf->offset,
			"the 16 bytes before the TDVF descriptor are not the GUID "
			"e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae; hosts that ask for it refuse this");
	if (tdvf->version != 1 && ++errors)
		fw_lint_add(lints, FW_ERROR, "tdvf-version", tdvf->offset + 8,
			    "the TDVF descriptor's version is %u; 1 is the only one",
			    tdvf->version);
	if (length != HEADER_SIZE + (uint64_t)SECTION_SIZE * count && ++errors)
		fw_lint_add(lints, FW_ERROR, "tdvf-length", tdvf->offset + 4,
			    "the TDVF descriptor's length is %u; right for %u sections is %llu",
			    length, count, HEADER_SIZE + 32ull * count);
	if (count > FW_TDVF_SECTIONS_MAX && ++errors)
		fw_lint_add(
			lints, FW_ERROR, "tdvf-count", tdvf->offset + 12,
			"the TDVF descriptor has %u sections; no host takes so many, %d are read",
			count, FW_TDVF_SECTIONS_MAX);
	for (uint32_t i = 0; i < count && i < FW_TDVF_SECTIONS_MAX; i++) {
		uint64_t offset = tdvf->offset + HEADER_SIZE + (uint64_t)SECTION_SIZE * i;

		if (!bytes_have(image, offset, SECTION_SIZE)) {
			errors++;
			fw_lint_add(lints, FW_ERROR, "tdvf-truncated", offset,
				    "the file ends within section %u of %u of the TDVF descriptor",
				    i, count);
			break;
		}
		read_section(&tdvf->section[tdvf->count++], image, offset);
	}
	errors += fw_tdvf_lint(tdvf, image, lints);
	tdvf->usable = !errors;
}
