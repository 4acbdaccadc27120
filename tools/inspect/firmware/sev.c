/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/sev.h"

#include "tools/inspect/firmware/guids.h"

#define HEADER_SIZE  16
#define SECTION_SIZE 12
#define PAGE	     4096

/* Places within a section's entry. */
enum { GPA = 0, SIZE = 4, TYPE = 8 };

const char *fw_sev_type_name(uint32_t type)
{
	switch (type) {
	case FW_SEV_MEM:
		return "SEC_MEM";
	case FW_SEV_SECRETS:
		return "SECRETS";
	case FW_SEV_CPUID:
		return "CPUID";
	case FW_SEV_SVSM_CAA:
		return "SVSM_CAA";
	case FW_SEV_HASHES:
		return "KERNEL_HASHES";
	case FW_IGVM_PARAM_AREA:
		return "PARAM_AREA";
	case FW_IGVM_MEMORY_MAP:
		return "MEMORY_MAP";
	case FW_IGVM_VP_COUNT:
		return "VP_COUNT";
	case FW_IGVM_HOB_AREA:
		return "HOB_AREA";
	default:
		return "type";
	}
}

bool fw_sev_has(const struct fw_sev_list *list, uint32_t type)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->section[i].type == type && list->section[i].size)
			return true;
	return false;
}

static size_t check_overlap(const struct fw_sev_list *list, size_t i, struct fw_lints *lints)
{
	const struct fw_sev_section *a = &list->section[i];
	size_t errors = 0;

	for (size_t k = 0; k < i; k++) {
		const struct fw_sev_section *b = &list->section[k];

		if (a->gpa >= (uint64_t)b->gpa + b->size || b->gpa >= (uint64_t)a->gpa + a->size ||
		    !a->size || !b->size)
			continue;
		errors++;
		fw_lint_add(
			lints, FW_ERROR, "sev-overlap", a->offset + GPA,
			"section %zu (%s): its memory, 0x%x bytes from 0x%x on, overlaps section "
			"%zu (%s)",
			i, fw_sev_type_name(a->type), a->size, a->gpa, k,
			fw_sev_type_name(b->type));
	}
	return errors;
}

/* Of the SNP metadata. KVM_SEV_SNP_LAUNCH_UPDATE refuses an empty or unaligned range. */
static size_t check_section(const struct fw_sev_list *list, size_t i, struct fw_lints *lints)
{
	const struct fw_sev_section *section = &list->section[i];
	const char *type = fw_sev_type_name(section->type);
	size_t errors = 0;

	if (section->gpa % PAGE && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-address", section->offset + GPA,
			    "section %zu (%s): its address is 0x%x; right is a multiple of 0x1000",
			    i, type, section->gpa);
	if (section->size % PAGE && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-size", section->offset + SIZE,
			    "section %zu (%s): its size is 0x%x; right is a multiple of 0x1000", i,
			    type, section->size);
	if (!section->size && ++errors)
		fw_lint_add(
			lints, FW_ERROR, "sev-empty", section->offset + SIZE,
			"section %zu (%s): its size is 0, which KVM refuses; right is at least a "
			"page, or no such section",
			i, type);
	if ((uint64_t)section->gpa + section->size > UINT64_C(0x100000000) && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-wraps", section->offset + SIZE,
			    "section %zu (%s): 0x%x bytes from 0x%x on go beyond 4 GiB", i, type,
			    section->size, section->gpa);
	if ((section->type == FW_SEV_SECRETS || section->type == FW_SEV_CPUID) &&
	    section->size > PAGE && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-page", section->offset + SIZE,
			    "section %zu (%s): its size is 0x%x; right is one page, 0x1000", i,
			    type, section->size);
	if (!strcmp(type, "type"))
		fw_lint_add(
			lints, FW_WARNING, "sev-type", section->offset + TYPE,
			"section %zu: its type is 0x%x; QEMU knows 1 to 4 and 0x10, and refuses "
			"others",
			i, section->type);
	return errors + check_overlap(list, i, lints);
}

/* The header and the sections that the file holds; false: something of them is wrong. */
static bool read_list(struct fw_sev_list *list, struct bytes image, const char *signature,
		      struct fw_lints *lints)
{
	bool good = true;
	uint32_t length, count;

	if (!bytes_are(image, list->offset, signature, 4)) {
		fw_lint_add(lints, FW_ERROR, "sev-signature", list->offset,
			    "the GUID table says that a list of sections is here; it begins with "
			    "\"%s\", and this does not",
			    signature);
		return false;
	}
	list->present = true;
	if (!bytes_have(image, list->offset, HEADER_SIZE)) {
		fw_lint_add(lints, FW_ERROR, "sev-truncated", list->offset,
			    "the file ends within the header \"%s\" (%d bytes)", signature,
			    HEADER_SIZE);
		return false;
	}
	length = bytes_u32(image, list->offset + 4);
	list->version = bytes_u32(image, list->offset + 8);
	count = bytes_u32(image, list->offset + 12);
	if (list->version != 1) {
		good = false;
		fw_lint_add(lints, FW_ERROR, "sev-version", list->offset + 8,
			    "\"%s\": the version is %u; 1 is the only one", signature,
			    list->version);
	}
	if (length != HEADER_SIZE + (uint64_t)SECTION_SIZE * count) {
		good = false;
		fw_lint_add(lints, FW_ERROR, "sev-length", list->offset + 4,
			    "\"%s\": the length is %u; right for %u sections is %llu", signature,
			    length, count, HEADER_SIZE + 12ull * count);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint64_t offset = list->offset + HEADER_SIZE + (uint64_t)SECTION_SIZE * i;
		struct fw_sev_section *section = &list->section[i];

		if (i == FW_SEV_SECTIONS_MAX || !bytes_have(image, offset, SECTION_SIZE)) {
			fw_lint_add(lints, FW_ERROR, "sev-truncated", list->offset + 12,
				    "\"%s\": %u sections, of which %u can be read", signature,
				    count, i);
			return false;
		}
		*section = (struct fw_sev_section){ offset, bytes_u32(image, offset + GPA),
						    bytes_u32(image, offset + SIZE),
						    bytes_u32(image, offset + TYPE) };
		list->count++;
	}
	return good;
}

static void read_metadata(struct fw_sev_list *list, struct bytes image,
			  const struct fw_table *table, struct fw_lints *lints)
{
	size_t errors;

	if (!fw_table_place(table, image, fw_guid_sev_offset, "the SEV metadata", &list->offset,
			    lints))
		return;
	errors = !read_list(list, image, "ASEV", lints);
	for (size_t i = 0; i < list->count; i++)
		errors += check_section(list, i, lints);
	if (list->present && !fw_sev_has(list, FW_SEV_CPUID) && ++errors)
		fw_lint_add(
			lints, FW_ERROR, "snp-no-cpuid", list->offset,
			"no section of type 3 (CPUID): the guest has no CPUID values that it can "
			"trust; this is not an SNP firmware");
	if (list->present && !fw_sev_has(list, FW_SEV_SECRETS) && ++errors)
		fw_lint_add(lints, FW_ERROR, "snp-no-secrets", list->offset,
			    "no section of type 2 (SECRETS): the guest cannot ask for attestation; "
			    "this is not an SNP firmware");
	list->usable = list->present && !errors;
}

static void read_entries(struct fw_sev *sev, const struct fw_table *table, struct fw_lints *lints)
{
	const struct fw_entry *entry = fw_table_find(table, fw_guid_sev_hashes);

	if (entry && entry->data.size >= 8) {
		sev->hashes = true;
		sev->hashes_gpa = bytes_u32(entry->data, 0);
		sev->hashes_size = bytes_u32(entry->data, 4);
		if (!sev->hashes_gpa || !sev->hashes_size)
			fw_lint_add(lints, FW_NOTE, "sev-no-hashes", entry->offset,
				    "the SEV hash table has address 0x%x and size 0x%x: this build "
				    "does not check a kernel given with -kernel; QEMU refuses "
				    "kernel-hashes=on",
				    sev->hashes_gpa, sev->hashes_size);
	} else if (entry) {
		fw_lint_add(
			lints, FW_ERROR, "sev-hashes", entry->offset,
			"the SEV hash table's entry has %zu bytes; right is 8, address and size",
			entry->data.size);
	}
	entry = fw_table_find(table, fw_guid_sev_es_reset);
	if (entry && entry->data.size == 4) {
		sev->es_reset = true;
		sev->es_reset_ip = bytes_u32(entry->data, 0);
	} else if (entry) {
		fw_lint_add(lints, FW_ERROR, "sev-es-reset", entry->offset,
			    "the SEV-ES reset block has %zu bytes; right is 4, an address",
			    entry->data.size);
	}
}

void fw_sev_read(struct fw_sev *sev, struct bytes image, const struct fw_table *table,
		 struct fw_lints *lints)
{
	memset(sev, 0, sizeof(*sev));
	read_metadata(&sev->metadata, image, table, lints);
	if (fw_table_place(table, image, fw_guid_igvm_params, "the IGVM parameters",
			   &sev->igvm.offset, lints))
		sev->igvm.usable = read_list(&sev->igvm, image, "IGVM", lints);
	read_entries(sev, table, lints);
	if (sev->metadata.present && !sev->es_reset)
		fw_lint_add(lints, FW_WARNING, "sev-no-es-reset", sev->metadata.offset,
			    "SEV metadata without an entry 00f771de-1a7e-4fcb-890e-68c77e2fb44e "
			    "(SEV-ES reset block) in the GUID table: QEMU starts no second vCPU");
}
