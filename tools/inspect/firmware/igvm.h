/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_IGVM_H
#define TOOLS_INSPECT_FIRMWARE_IGVM_H

#include "formats/bytes.h"
#include "tools/inspect/firmware/lint.h"

/*
 * An IGVM file (Independent Guest Virtual Machine; the crate igvm_defs is its specification): a
 * fixed header, variable headers, and data that they refer to.
 */
enum fw_igvm_platform {
	FW_IGVM_VSM = 1, /* Hyper-V's isolation */
	FW_IGVM_SNP = 2,
	FW_IGVM_TDX = 3,
	FW_IGVM_NATIVE = 4, /* no isolation */
	FW_IGVM_SEV = 5,
	FW_IGVM_SEV_ES = 6,
};

#define FW_IGVM_PLATFORMS_MAX 16

/* Headers for one platform: those whose mask has the platform's bit. */
struct fw_igvm_target {
	uint8_t platform;
	uint8_t highest_vtl;
	uint16_t version;
	uint32_t mask;
	uint64_t shared_boundary; /* 0: none */
	size_t pages;		  /* with data; a 2 MiB page counts as one */
	size_t unmeasured;	  /* pages that are not measured */
	size_t cpuid, secrets;	  /* pages of these types */
	size_t contexts;	  /* initial states of vCPUs */
	size_t required;	  /* ranges of required memory */
	uint64_t required_bytes;
	bool policy;
};

struct fw_igvm {
	bool present; /* the magic number was found */
	bool usable;  /* no error was found */
	uint32_t version;
	uint32_t total_size;
	uint32_t architecture; /* 0 x86-64, 1 AArch64 */
	size_t headers;
	size_t parameters; /* areas that the host fills in */
	bool memory_map;   /* the guest gets a memory map */
	size_t count;
	struct fw_igvm_target target[FW_IGVM_PLATFORMS_MAX];
};

void fw_igvm_read(struct fw_igvm *igvm, struct bytes file, struct fw_lints *lints);

/* "TDX", "SEV-SNP", "VSM", ...; "platform" for one that is not defined. */
const char *fw_igvm_platform_name(uint8_t platform);

#endif
