/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FW_SEV_H
#define TOOLS_INSPECT_FW_SEV_H

#include "tools/inspect/firmware/table.h"

/*
 * Which memory the host prepares for an SNP guest (OVMF: X64/OvmfSevMetadata.asm): a header of 16
 * bytes, "ASEV", length, version 1, number of sections; then 12 bytes for each section. OVMF
 * has a second list of the same form, "IGVM", of what an IGVM loader fills in.
 */
enum fw_sev_type {
	FW_SEV_MEM = 1, /* validated before the guest starts */
	FW_SEV_SECRETS = 2,
	FW_SEV_CPUID = 3,
	FW_SEV_SVSM_CAA = 4,
	FW_SEV_HASHES = 0x10,
	FW_IGVM_PARAM_AREA = 0x100,
	FW_IGVM_MEMORY_MAP = 0x101,
	FW_IGVM_VP_COUNT = 0x102,
	FW_IGVM_HOB_AREA = 0x200,
};

struct fw_sev_section {
	uint64_t offset; /* of this entry in the file */
	uint32_t gpa;
	uint32_t size;
	uint32_t type;
};

#define FW_SEV_SECTIONS_MAX 64

struct fw_sev_list {
	bool present;
	bool usable; /* no error in it */
	uint64_t offset;
	uint32_t version;
	size_t count;
	struct fw_sev_section section[FW_SEV_SECTIONS_MAX];
};

struct fw_sev {
	struct fw_sev_list metadata;
	struct fw_sev_list igvm;
	bool hashes; /* QEMU may put hashes of kernel, initrd and command line into the guest... */
	uint32_t hashes_gpa, hashes_size; /* ...here; both 0: this build does not check them */
	bool es_reset;			  /* where other vCPUs of an SEV-ES guest start */
	uint32_t es_reset_ip;
};

void fw_sev_read(struct fw_sev *sev, struct bytes image, const struct fw_table *table,
		 struct fw_lints *lints);

/* True if there is a section of this type that is not empty. */
bool fw_sev_has(const struct fw_sev_list *list, uint32_t type);

/* "SEC_MEM", "SECRETS", ...; "type" for one that nobody has defined. */
const char *fw_sev_type_name(uint32_t type);

#endif
