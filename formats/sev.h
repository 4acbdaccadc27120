/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_SEV_H
#define CVMEM_FORMATS_SEV_H

#include "formats/metadata.h"

/*
 * What a firmware image tells the host of an SEV guest: the SEV metadata, and entries of the GUID
 * table beside it.
 *
 * The SEV metadata lists memory that the host validates for an SNP guest (EDK2,
 * OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm; QEMU, target/i386/sev.c). Signature "ASEV"; the GUID
 * table's entry is dc886566-984a-4798-a75e-5585a7bf67cc. A section has 12 bytes: u32 address in
 * guest memory, u32 size, u32 type.
 *
 * EDK2 has a second list of the same form, of the parameters that an IGVM loader fills in:
 * signature "IGVM", entry 784fa70e-3176-4677-8a20-04b68699e374. Its sections are parts of a page,
 * and no rules are checked for them.
 */
enum sev_type {
	SEV_MEM = 1, /* zeroed private memory that the first code uses */
	SEV_SECRETS = 2,
	SEV_CPUID = 3,
	SEV_SVSM_CAA = 4, /* calling area of an SVSM; zeroed memory without one */
	SEV_KERNEL_HASHES = 0x10,
	/* Of the list "IGVM". */
	SEV_IGVM_PARAM_AREA = 0x100,
	SEV_IGVM_MEMORY_MAP = 0x101,
	SEV_IGVM_VP_COUNT = 0x102,
	SEV_IGVM_HOB_AREA = 0x200,
};

/* An entry of the GUID table whose data are 32 bits of address and 32 bits of size, or the address
 * alone. Address or size 0: the firmware does not use it. */
struct sev_block {
	bool present;
	bool bad_size; /* the entry has another size of data than this kind has, and was not read */
	struct guid_table_entry entry;
	uint32_t address, size;
};

struct sev {
	struct metadata metadata, igvm;
	/* Hashes of kernel, initrd and command line: 7255371f-3a3b-4b04-927b-1da6efa8d454. */
	struct sev_block hashes;
	/* Launch secret that the host may inject: 4c2eb361-7d9b-4cc3-8081-127c90d3d294. */
	struct sev_block secret;
	/* Where an AP starts after INIT and SIPI, 4 bytes: the code segment's base in bits 31:16,
	 * IP below. 00f771de-1a7e-4fcb-890e-68c77e2fb44e. */
	struct sev_block es_reset;
};

void sev_read(struct sev *sev, struct bytes image);

/* "SEC_MEM", "SECRETS", ...; "type" for one that is not defined. */
const char *sev_type_name(uint32_t type);

#endif
