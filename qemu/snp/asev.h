/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ASEV_H
#define CVMEM_QEMU_SNP_ASEV_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a firmware image says about the memory an SNP guest starts with: OVMF's SEV metadata
 * (signature "ASEV", version 1: OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm), and the blocks
 * for SEV that lie beside it in the table of GUIDs at the image's end (footer.h).
 */
enum asev_type {
	ASEV_SEC_MEM = 1, /* zeroed private memory that the first code uses */
	ASEV_SECRETS = 2,
	ASEV_CPUID = 3,
	ASEV_SVSM_CAA = 4, /* calling area of an SVSM; zeroed memory without one */
	ASEV_KERNEL_HASHES = 0x10,
};

struct asev_section {
	uint64_t gpa, size; /* pages of 4 KiB, below 4 GiB, never empty */
	uint32_t type;
};

#define ASEV_MAX_SECTIONS 32

struct asev {
	struct asev_section section[ASEV_MAX_SECTIONS]; /* in the image's order, disjoint */
	unsigned count;
	/* The only section of the type, a page each (the last: any size). The first two are
	 * always there; NULL: the firmware names none. */
	const struct asev_section *secrets, *cpuid, *svsm_caa, *kernel_hashes;

	/* Where an AP starts after INIT and SIPI: the code segment's base in bits 31:16, IP
	 * below. 0: the firmware does not say (GUID 00f771de-...). */
	uint32_t es_reset;
	/* Where the table of hashes of kernel, initrd and command line goes; inside of the
	 * section kernel_hashes if there is one. Size 0: nowhere (GUID 7255371f-...). */
	uint32_t hash_table, hash_table_size;
	/* Where the host may inject a launch secret (GUID 4c2eb361-...); likewise. */
	uint32_t secret_block, secret_block_size;
};

/*
 * image: the last `size` bytes of the firmware, or all of it; only read. NULL: read; else
 * one sentence without an end mark that says what is wrong, and *asev is not to be used.
 * Pointers in *asev point into *asev itself: do not copy it.
 *
 * Refused as well: sections that are empty (firmware made for TDX alone has such), unaligned,
 * overlapping, above 4 GiB, of a type that is not known, or twice there when one is allowed.
 */
const char *asev_parse(const uint8_t *image, size_t size, struct asev *asev);

#endif
