/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/launch/tdvf_check.h"

static const char *check_header(const struct metadata *tdvf)
{
	static const char outside[] = "the firmware's TDVF metadata lies outside of it";

	switch (tdvf->place) {
	case GUID_TABLE_PLACE_OK:
		break;
	case GUID_TABLE_PLACE_DATA:
		return "the firmware's table of GUIDs has an entry for TDVF metadata that is not 4 "
		       "bytes";
	case GUID_TABLE_PLACE_OUTSIDE:
		return outside;
	case GUID_TABLE_PLACE_ABSENT:
		return "the firmware has no TDVF metadata: it is not made for TDX";
	}
	if (tdvf->errors & METADATA_NO_HEADER)
		return outside;
	if (tdvf->errors & METADATA_BAD_SIGNATURE)
		return "the firmware's TDVF metadata has no signature";
	if (tdvf->errors & METADATA_BAD_VERSION)
		return "the firmware's TDVF metadata has no known version";
	if (tdvf->errors & (METADATA_BAD_LENGTH | METADATA_TOO_MANY | METADATA_TRUNCATED))
		return "the firmware's TDVF metadata has no valid length";
	return NULL;
}

/* QEMU takes empty sections, and sections that overlap. */
static const char *check_section(const struct metadata_section *section)
{
	if (section->errors & (METADATA_BAD_ADDRESS | METADATA_BAD_SIZE | METADATA_BAD_END))
		return "a section of the TDVF metadata is not made of pages";
	if (section->errors & (METADATA_BAD_TYPE | METADATA_PAYLOAD_TYPE))
		return "the TDVF metadata has a section of a type that QEMU does not know";
	if (section->errors & METADATA_CONTENT)
		return "memory of the TDVF metadata has content";
	if (section->errors & (METADATA_NO_CONTENT | METADATA_BAD_RAW_SIZE))
		return "a firmware volume of the TDVF metadata has no valid size";
	return NULL;
}

const char *tdx_tdvf_check(const struct metadata *tdvf)
{
	const char *error = check_header(tdvf);

	for (size_t i = 0; i < tdvf->count && !error; i++)
		error = check_section(&tdvf->section[i]);
	if (error)
		return error;
	switch (metadata_count(tdvf, TDVF_TD_HOB)) {
	case 0:
		return "the TDVF metadata has no TD HOB section";
	case 1:
		return NULL;
	default:
		return "the TDVF metadata has two TD HOB sections";
	}
}
