/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FW_TDVF_H
#define TOOLS_INSPECT_FW_TDVF_H

#include "tools/inspect/firmware/table.h"

/*
 * What a host loads a TD's firmware by (Intel TDX Virtual Firmware Design Guide, "TDVF
 * descriptor"): a header of 16 bytes, "TDVF", length, version 1, number of sections; then 32 bytes
 * for each section.
 */
enum fw_tdvf_type {
	FW_TDVF_BFV = 0, /* boot firmware volume */
	FW_TDVF_CFV = 1, /* configuration firmware volume: variables */
	FW_TDVF_TD_HOB = 2,
	FW_TDVF_TEMP_MEM = 3,
	FW_TDVF_PERM_MEM = 4, /* this and the next two: td-shim, Cloud Hypervisor */
	FW_TDVF_PAYLOAD = 5,
	FW_TDVF_PAYLOAD_PARAM = 6,
};

#define FW_TDVF_MR_EXTEND 1u /* the host measures the content */
#define FW_TDVF_PAGE_AUG  2u /* td-shim: the host adds the pages after the TD has been measured */

struct fw_tdvf_section {
	uint64_t offset; /* of this entry in the file */
	uint32_t data_offset;
	uint32_t raw_size;
	uint64_t gpa;
	uint64_t size;
	uint32_t type;
	uint32_t attributes;
};

#define FW_TDVF_SECTIONS_MAX 64

struct fw_tdvf {
	bool present;
	bool legacy; /* found by the file offset at 0x20 before the end, not by the GUID table */
	bool split_code; /* the image in one file would have the variable store in front of this */
	bool usable;	 /* no rule that hosts enforce is broken */
	uint64_t offset;
	uint32_t version;
	size_t count;
	struct fw_tdvf_section section[FW_TDVF_SECTIONS_MAX];
};

void fw_tdvf_read(struct fw_tdvf *tdvf, struct bytes image, const struct fw_table *table,
		  struct fw_lints *lints);

/* "BFV", "TD_HOB", ...; "type" for one that nobody has defined. */
const char *fw_tdvf_type_name(uint32_t type);

#endif
