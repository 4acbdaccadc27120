/* SPDX-License-Identifier: MIT */
#include "formats/sev.h"

#define PAGE   4096
#define FOUR_G UINT64_C(0x100000000)

static const uint8_t metadata_guid[GUID_SIZE] =
	GUID(0xdc886566, 0x984a, 0x4798, 0xa75e, 0x5585a7bf67cc);
static const uint8_t igvm_guid[GUID_SIZE] =
	GUID(0x784fa70e, 0x3176, 0x4677, 0x8a20, 0x04b68699e374);
static const uint8_t hashes_guid[GUID_SIZE] =
	GUID(0x7255371f, 0x3a3b, 0x4b04, 0x927b, 0x1da6efa8d454);
static const uint8_t secret_guid[GUID_SIZE] =
	GUID(0x4c2eb361, 0x7d9b, 0x4cc3, 0x8081, 0x127c90d3d294);
static const uint8_t es_reset_guid[GUID_SIZE] =
	GUID(0x00f771de, 0x1a7e, 0x4fcb, 0x890e, 0x68c77e2fb44e);

const char *sev_type_name(uint32_t type)
{
	switch (type) {
	case SEV_MEM:
		return "SEC_MEM";
	case SEV_SECRETS:
		return "SECRETS";
	case SEV_CPUID:
		return "CPUID";
	case SEV_SVSM_CAA:
		return "SVSM_CAA";
	case SEV_KERNEL_HASHES:
		return "KERNEL_HASHES";
	case SEV_IGVM_PARAM_AREA:
		return "PARAM_AREA";
	case SEV_IGVM_MEMORY_MAP:
		return "MEMORY_MAP";
	case SEV_IGVM_VP_COUNT:
		return "VP_COUNT";
	case SEV_IGVM_HOB_AREA:
		return "HOB_AREA";
	default:
		return "type";
	}
}

static unsigned int check_type(const struct metadata_section *section)
{
	switch (section->type) {
	case SEV_MEM:
	case SEV_KERNEL_HASHES:
		return 0;
	case SEV_SECRETS:
	case SEV_CPUID:
	case SEV_SVSM_CAA:
		return section->size > PAGE ? METADATA_NOT_ONE_PAGE : 0;
	default:
		return METADATA_BAD_TYPE;
	}
}

static void read_igvm_section(struct metadata_section *section, const uint8_t *bytes)
{
	section->gpa = le_get32(bytes);
	section->size = le_get32(bytes + 4);
	section->type = le_get32(bytes + 8);
}

static void read_section(struct metadata_section *section, const uint8_t *bytes)
{
	read_igvm_section(section, bytes);
	section->errors = metadata_check_memory(section) | check_type(section);
	if (section->gpa + section->size > FOUR_G)
		section->errors |= METADATA_BAD_END;
}

static const struct metadata_format metadata_format = {
	.guid = metadata_guid,
	.signature = "ASEV",
	.section_size = 12,
	.read = read_section,
};

static const struct metadata_format igvm_format = {
	.guid = igvm_guid,
	.signature = "IGVM",
	.section_size = 12,
	.read = read_igvm_section,
};

static void read_block(struct sev_block *block, struct bytes image, const uint8_t *guid)
{
	bool found = guid_table_find(image, guid, &block->entry);

	block->present = found && block->entry.data.size >= 8;
	block->bad_size = found && !block->present;
	if (!block->present)
		return;
	block->address = le_get32(block->entry.data.data);
	block->size = le_get32(block->entry.data.data + 4);
}

static void read_es_reset(struct sev_block *block, struct bytes image)
{
	bool found = guid_table_find(image, es_reset_guid, &block->entry);

	block->present = found && block->entry.data.size == 4;
	block->bad_size = found && !block->present;
	if (block->present)
		block->address = le_get32(block->entry.data.data);
}

void sev_read(struct sev *sev, struct bytes image)
{
	memset(sev, 0, sizeof(*sev));
	metadata_read(&sev->metadata, image, &metadata_format);
	metadata_read(&sev->igvm, image, &igvm_format);
	read_block(&sev->hashes, image, hashes_guid);
	read_block(&sev->secret, image, secret_guid);
	read_es_reset(&sev->es_reset, image);
}
