/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/sev_check.h"

static const char *check_header(const struct metadata *metadata)
{
	static const char outside[] = "the firmware's SEV metadata lies outside of it";

	switch (metadata->place) {
	case GUID_TABLE_PLACE_OK:
		break;
	case GUID_TABLE_PLACE_DATA:
		return "the firmware's table of GUIDs has an entry for SEV metadata that is not 4 "
		       "bytes";
	case GUID_TABLE_PLACE_OUTSIDE:
		return outside;
	case GUID_TABLE_PLACE_ABSENT:
		return "the firmware has no SEV metadata: it is not made for SEV-SNP";
	}
	if (metadata->errors & METADATA_NO_HEADER)
		return outside;
	if (metadata->errors & METADATA_BAD_SIGNATURE)
		return "the firmware's SEV metadata has no signature";
	if (metadata->errors & METADATA_BAD_VERSION)
		return "the firmware's SEV metadata has no known version";
	if (metadata->errors & (METADATA_BAD_LENGTH | METADATA_TOO_MANY | METADATA_TRUNCATED))
		return "the firmware's SEV metadata has no valid length";
	return NULL;
}

static const char *check_section(const struct metadata *metadata, size_t i)
{
	const struct metadata_section *section = &metadata->section[i];

	if (section->errors & METADATA_EMPTY)
		return "a section of the SEV metadata is empty: the firmware is not made for "
		       "SEV-SNP";
	if (section->errors & (METADATA_BAD_ADDRESS | METADATA_BAD_SIZE | METADATA_BAD_END))
		return "a section of the SEV metadata is not made of pages below 4 GiB";
	if (section->errors & METADATA_BAD_TYPE)
		return "the SEV metadata has a section of a type that is not known";
	if (section->errors & METADATA_NOT_ONE_PAGE)
		return "a page of the SEV metadata is not of 4096 bytes";
	for (size_t k = 0; k < i; k++)
		if (metadata_overlap(section, &metadata->section[k]))
			return "two sections of the SEV metadata overlap";
	return NULL;
}

static const char *check_sections(const struct metadata *metadata)
{
	static const uint32_t once[] = { SEV_SECRETS, SEV_CPUID, SEV_SVSM_CAA, SEV_KERNEL_HASHES };

	for (size_t i = 0; i < metadata->count; i++) {
		const char *error = check_section(metadata, i);

		if (error)
			return error;
	}
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (metadata_count(metadata, once[i]) > 1)
			return "the SEV metadata has a section twice that may be there once";
	if (!metadata_find(metadata, SEV_SECRETS) || !metadata_find(metadata, SEV_CPUID))
		return "the SEV metadata has no secrets page or no CPUID page";
	return NULL;
}

static bool wraps(const struct sev_block *block)
{
	return block->address + block->size < block->address;
}

static const char *check_blocks(const struct sev *sev)
{
	const struct metadata_section *section = metadata_find(&sev->metadata, SEV_KERNEL_HASHES);
	const struct sev_block *hashes = &sev->hashes;

	if (wraps(hashes) || wraps(&sev->secret))
		return "a block of the firmware's table wraps";
	if (!section || !hashes->address || !hashes->size)
		return NULL;
	if (hashes->address < section->gpa ||
	    hashes->address - section->gpa + hashes->size > section->size)
		return "the firmware's table of hashes lies outside of its section";
	return NULL;
}

const char *snp_sev_check(const struct sev *sev)
{
	const char *error = check_header(&sev->metadata);

	if (!error)
		error = check_sections(&sev->metadata);
	return error ? error : check_blocks(sev);
}
