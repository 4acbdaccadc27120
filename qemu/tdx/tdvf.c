/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/tdvf.h"

#include <string.h>

#include "qemu/guest/footer.h"

#define HEADER_SIZE  16
#define SECTION_SIZE 32

#define ATTRIBUTE_MR_EXTEND 1

/* e47a6535-984a-4798-865e-4685a7bf8ec2 */
static const uint8_t offset_guid[FOOTER_GUID_SIZE] = {
	0x35, 0x65, 0x7a, 0xe4, 0x4a, 0x98, 0x98, 0x47,
	0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2,
};

static uint64_t get64(const uint8_t *bytes)
{
	return footer_get32(bytes) | (uint64_t)footer_get32(bytes + 4) << 32;
}

static const char *read_section(const uint8_t *bytes, struct tdvf_section *section)
{
	uint32_t raw_size = footer_get32(bytes + 4);

	section->gpa = get64(bytes + 8);
	section->size = get64(bytes + 16);
	section->type = footer_get32(bytes + 24);
	section->extend = footer_get32(bytes + 28) & ATTRIBUTE_MR_EXTEND;
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
	const uint8_t *entry = footer_find(image, size, offset_guid, 4), *header;
	const char *error;
	uint32_t distance, count;

	*tdvf = (struct tdvf){ 0 };
	if (!entry)
		return "the firmware has no TDVF metadata: it is not made for TDX";
	distance = footer_get32(entry);
	if (distance > size || distance < HEADER_SIZE)
		return "the firmware's TDVF metadata lies outside of it";
	header = image + size - distance;
	count = footer_get32(header + 12);
	if (memcmp(header, "TDVF", 4) || footer_get32(header + 8) != 1)
		return "the firmware's TDVF metadata has no known version";
	if (count > TDVF_MAX_SECTIONS || distance < HEADER_SIZE + count * SECTION_SIZE ||
	    footer_get32(header + 4) != HEADER_SIZE + count * SECTION_SIZE)
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
