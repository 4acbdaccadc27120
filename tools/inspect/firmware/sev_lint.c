/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/sev_lint.h"

#include "tools/inspect/firmware/table.h"

/* Places within a section's entry. */
enum { GPA = 0, SIZE = 4, TYPE = 8 };

/* "section 2 (CPUID)": how messages name a section. */
#define NAMED		   "section %zu (%s)"
#define NAMES(metadata, i) (i), sev_type_name((metadata)->section[i].type)

bool fw_sev_has(const struct metadata *metadata, uint32_t type)
{
	for (size_t i = 0; i < metadata->count; i++)
		if (metadata->section[i].type == type && metadata->section[i].size)
			return true;
	return false;
}

static size_t check_overlap(const struct metadata *metadata, size_t i, struct fw_lints *lints)
{
	const struct metadata_section *section = &metadata->section[i];
	size_t errors = 0;

	for (size_t k = 0; k < i; k++) {
		if (!metadata_overlap(section, &metadata->section[k]))
			continue;
		errors++;
		fw_lint_add(lints, FW_ERROR, "sev-overlap", section->offset + GPA,
			    NAMED ": its memory, 0x%llx bytes from 0x%llx on, overlaps " NAMED,
			    NAMES(metadata, i), (unsigned long long)section->size,
			    (unsigned long long)section->gpa, NAMES(metadata, k));
	}
	return errors;
}

/* KVM_SEV_SNP_LAUNCH_UPDATE refuses an empty or unaligned range. */
static size_t check_section(const struct metadata *metadata, size_t i, struct fw_lints *lints)
{
	const struct metadata_section *section = &metadata->section[i];
	unsigned long long gpa = section->gpa, size = section->size;
	size_t errors = 0;

	if (section->errors & METADATA_BAD_ADDRESS && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-address", section->offset + GPA,
			    NAMED ": its address is 0x%llx; right is a multiple of 0x1000",
			    NAMES(metadata, i), gpa);
	if (section->errors & METADATA_BAD_SIZE && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-size", section->offset + SIZE,
			    NAMED ": its size is 0x%llx; right is a multiple of 0x1000",
			    NAMES(metadata, i), size);
	if (section->errors & METADATA_EMPTY && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-empty", section->offset + SIZE,
			    NAMED ": its size is 0, which KVM refuses; right is at least a "
				  "page, or no such section",
			    NAMES(metadata, i));
	if (section->errors & METADATA_BAD_END && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-wraps", section->offset + SIZE,
			    NAMED ": 0x%llx bytes from 0x%llx on go beyond 4 GiB",
			    NAMES(metadata, i), size, gpa);
	/* Hosts accept a calling area of any size. */
	if (section->errors & METADATA_NOT_ONE_PAGE && section->type != SEV_SVSM_CAA && ++errors)
		fw_lint_add(lints, FW_ERROR, "sev-page", section->offset + SIZE,
			    NAMED ": its size is 0x%llx; right is one page, 0x1000",
			    NAMES(metadata, i), size);
	if (section->errors & METADATA_BAD_TYPE)
		fw_lint_add(
			lints, FW_WARNING, "sev-type", section->offset + TYPE,
			"section %zu: its type is 0x%x; QEMU knows 1 to 4 and 0x10, and refuses "
			"others",
			i, section->type);
	return errors + check_overlap(metadata, i, lints);
}

/* Lints of the header; false: there are any. */
static bool check_header(const struct metadata *metadata, const char *signature,
			 struct fw_lints *lints)
{
	if (metadata->errors & METADATA_BAD_SIGNATURE)
		fw_lint_add(lints, FW_ERROR, "sev-signature", metadata->offset,
			    "the GUID table says that a list of sections is here; it begins with "
			    "\"%s\", and this does not",
			    signature);
	else if (metadata->errors & METADATA_NO_HEADER)
		fw_lint_add(lints, FW_ERROR, "sev-truncated", metadata->offset,
			    "the file ends within the header \"%s\" (16 bytes)", signature);
	if (metadata->errors & METADATA_BAD_VERSION)
		fw_lint_add(lints, FW_ERROR, "sev-version", metadata->offset + 8,
			    "\"%s\": the version is %u; 1 is the only one", signature,
			    metadata->version);
	if (metadata->errors & METADATA_BAD_LENGTH)
		fw_lint_add(lints, FW_ERROR, "sev-length", metadata->offset + 4,
			    "\"%s\": the length is %u; right for %u sections is %llu", signature,
			    metadata->length, metadata->declared, 16 + 12ull * metadata->declared);
	if (metadata->errors & (METADATA_TOO_MANY | METADATA_TRUNCATED))
		fw_lint_add(lints, FW_ERROR, "sev-truncated", metadata->offset + 12,
			    "\"%s\": %u sections, of which %zu can be read", signature,
			    metadata->declared, metadata->count);
	return !metadata->errors;
}

static bool check_metadata(const struct metadata *metadata, struct bytes image,
			   struct fw_lints *lints)
{
	size_t errors;

	fw_table_lint_place(metadata, image, "the SEV metadata", lints);
	errors = !check_header(metadata, "ASEV", lints);
	if (!metadata->present)
		return false;
	for (size_t i = 0; i < metadata->count; i++)
		errors += check_section(metadata, i, lints);
	if (!fw_sev_has(metadata, SEV_CPUID) && ++errors)
		fw_lint_add(
			lints, FW_ERROR, "snp-no-cpuid", metadata->offset,
			"no section of type 3 (CPUID): the guest has no CPUID values that it can "
			"trust; this is not an SNP firmware");
	if (!fw_sev_has(metadata, SEV_SECRETS) && ++errors)
		fw_lint_add(lints, FW_ERROR, "snp-no-secrets", metadata->offset,
			    "no section of type 2 (SECRETS): the guest cannot ask for attestation; "
			    "this is not an SNP firmware");
	return !errors;
}

static void check_blocks(const struct sev *sev, struct fw_lints *lints)
{
	const struct sev_block *hashes = &sev->hashes, *es_reset = &sev->es_reset;

	if (hashes->bad_size)
		fw_lint_add(
			lints, FW_ERROR, "sev-hashes", hashes->entry.offset,
			"the SEV hash table's entry has %zu bytes; right is 8, address and size",
			hashes->entry.data.size);
	else if (hashes->present && (!hashes->address || !hashes->size))
		fw_lint_add(lints, FW_NOTE, "sev-no-hashes", hashes->entry.offset,
			    "the SEV hash table has address 0x%x and size 0x%x: this build "
			    "does not check a kernel given with -kernel; QEMU refuses "
			    "kernel-hashes=on",
			    hashes->address, hashes->size);
	if (es_reset->bad_size)
		fw_lint_add(lints, FW_ERROR, "sev-es-reset", es_reset->entry.offset,
			    "the SEV-ES reset block has %zu bytes; right is 4, an address",
			    es_reset->entry.data.size);
	if (sev->metadata.present && !es_reset->present)
		fw_lint_add(lints, FW_WARNING, "sev-no-es-reset", sev->metadata.offset,
			    "SEV metadata without an entry 00f771de-1a7e-4fcb-890e-68c77e2fb44e "
			    "(SEV-ES reset block) in the GUID table: QEMU starts no second vCPU");
}

bool fw_sev_lint(const struct sev *sev, struct bytes image, struct fw_lints *lints)
{
	bool usable = check_metadata(&sev->metadata, image, lints);

	fw_table_lint_place(&sev->igvm, image, "the IGVM parameters", lints);
	check_header(&sev->igvm, "IGVM", lints);
	check_blocks(sev, lints);
	return usable;
}
