/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/asev.h"

#include <string.h>

#include "qemu/guest/footer.h"

#define PAGE	     4096
#define HEADER_SIZE  16
#define SECTION_SIZE 12

/* dc886566-984a-4798-a75e-5585a7bf67cc */
static const uint8_t offset_guid[FOOTER_GUID_SIZE] = {
	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc,
};
/* 00f771de-1a7e-4fcb-890e-68c77e2fb44e */
static const uint8_t reset_guid[FOOTER_GUID_SIZE] = {
	0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
	0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e,
};
/* 7255371f-3a3b-4b04-927b-1da6efa8d454 */
static const uint8_t hash_guid[FOOTER_GUID_SIZE] = {
	0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
	0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54,
};
/* 4c2eb361-7d9b-4cc3-8081-127c90d3d294 */
static const uint8_t secret_guid[FOOTER_GUID_SIZE] = {
	0x61, 0xb3, 0x2e, 0x4c, 0x9b, 0x7d, 0xc3, 0x4c,
	0x80, 0x81, 0x12, 0x7c, 0x90, 0xd3, 0xd2, 0x94,
};

static const char *once(const struct asev_section **slot, const struct asev_section *section)
{
	if (*slot)
		return "the SEV metadata has a section twice that may be there once";
	*slot = section;
	return NULL;
}

static const char *one_page(const struct asev_section **slot, const struct asev_section *section)
{
	if (section->size != PAGE)
		return "a page of the SEV metadata is not of 4096 bytes";
	return once(slot, section);
}

static const char *classify(struct asev *asev, const struct asev_section *section)
{
	switch (section->type) {
	case ASEV_SEC_MEM:
		return NULL;
	case ASEV_SECRETS:
		return one_page(&asev->secrets, section);
	case ASEV_CPUID:
		return one_page(&asev->cpuid, section);
	case ASEV_SVSM_CAA:
		return one_page(&asev->svsm_caa, section);
	case ASEV_KERNEL_HASHES:
		return once(&asev->kernel_hashes, section);
	default:
		return "the SEV metadata has a section of a type that is not known";
	}
}

static const char *read_section(struct asev *asev, const uint8_t *bytes)
{
	struct asev_section *section = &asev->section[asev->count];

	section->gpa = footer_get32(bytes);
	section->size = footer_get32(bytes + 4);
	section->type = footer_get32(bytes + 8);
	if (!section->size)
		return "a section of the SEV metadata is empty: the firmware is not made for "
		       "SEV-SNP";
	if (section->gpa % PAGE || section->size % PAGE ||
	    section->gpa + section->size > UINT64_C(1) << 32)
		return "a section of the SEV metadata is not made of pages below 4 GiB";
	for (unsigned i = 0; i < asev->count; i++) {
		const struct asev_section *other = &asev->section[i];

		if (section->gpa < other->gpa + other->size &&
		    other->gpa < section->gpa + section->size)
			return "two sections of the SEV metadata overlap";
	}
	asev->count++;
	return classify(asev, section);
}

/* A block without a base or size is how OVMF says that it is not used. */
static const char *read_block(const uint8_t *entry, uint32_t *base, uint32_t *size)
{
	if (!entry || !footer_get32(entry) || !footer_get32(entry + 4))
		return NULL;
	*base = footer_get32(entry);
	*size = footer_get32(entry + 4);
	return *base + *size < *base ? "a block of the firmware's table wraps" : NULL;
}

static const char *read_blocks(const uint8_t *image, size_t size, struct asev *asev)
{
	const struct asev_section *hashes = asev->kernel_hashes;
	const uint8_t *entry = footer_find(image, size, reset_guid, 4);
	const char *error;

	if (entry)
		asev->es_reset = footer_get32(entry);
	error = read_block(footer_find(image, size, secret_guid, 8), &asev->secret_block,
			   &asev->secret_block_size);
	if (error)
		return error;
	error = read_block(footer_find(image, size, hash_guid, 8), &asev->hash_table,
			   &asev->hash_table_size);
	if (error || !hashes || !asev->hash_table_size)
		return error;
	if (asev->hash_table < hashes->gpa ||
	    asev->hash_table - hashes->gpa + (uint64_t)asev->hash_table_size > hashes->size)
		return "the firmware's table of hashes lies outside of its section";
	return NULL;
}

const char *asev_parse(const uint8_t *image, size_t size, struct asev *asev)
{
	const uint8_t *entry = footer_find(image, size, offset_guid, 4), *header;
	const char *error;
	uint32_t distance, count;

	memset(asev, 0, sizeof(*asev));
	if (!entry)
		return "the firmware has no SEV metadata: it is not made for SEV-SNP";
	distance = footer_get32(entry);
	if (distance > size || distance < HEADER_SIZE)
		return "the firmware's SEV metadata lies outside of it";
	header = image + size - distance;
	count = footer_get32(header + 12);
	if (memcmp(header, "ASEV", 4) || footer_get32(header + 8) != 1)
		return "the firmware's SEV metadata has no known version";
	if (count > ASEV_MAX_SECTIONS || distance < HEADER_SIZE + count * SECTION_SIZE ||
	    footer_get32(header + 4) != HEADER_SIZE + count * SECTION_SIZE)
		return "the firmware's SEV metadata has no valid length";
	for (uint32_t i = 0; i < count; i++) {
		error = read_section(asev, header + HEADER_SIZE + i * SECTION_SIZE);
		if (error)
			return error;
	}
	if (!asev->secrets || !asev->cpuid)
		return "the SEV metadata has no secrets page or no CPUID page";
	return read_blocks(image, size, asev);
}
