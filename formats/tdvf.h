/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_TDVF_H
#define CVMEM_FORMATS_TDVF_H

#include "formats/metadata.h"

/*
 * The TDVF descriptor: what a host builds a TD from (Intel TDX Virtual Firmware Design Guide,
 * chapter 11, "TDVF Metadata"). Signature "TDVF"; the GUID table's entry is
 * e47a6535-984a-4798-865e-4685a7bf8ec2. A section has 32 bytes:
 *
 *	 0  u32 offset of its content in the file
 *	 4  u32 size of its content in the file
 *	 8  u64 address in guest memory
 *	16  u64 size in guest memory
 *	24  u32 type
 *	28  u32 attributes
 *
 * Images from before the GUID table have the descriptor's offset in the file, 32 bits, 0x20 bytes
 * before the end. It is looked at where the GUID table gives no place.
 */
enum tdvf_type {
	TDVF_BFV = 0, /* boot firmware volume */
	TDVF_CFV = 1, /* configuration firmware volume: variables */
	TDVF_TD_HOB = 2,
	TDVF_TEMP_MEM = 3,
	/* These are defined by td-shim and known to Cloud Hypervisor; QEMU refuses them. */
	TDVF_PERM_MEM = 4,
	TDVF_PAYLOAD = 5,
	TDVF_PAYLOAD_PARAM = 6,
};

#define TDVF_MR_EXTEND 1u /* the host measures the content into MRTD */
#define TDVF_PAGE_AUG  2u /* td-shim: the host adds the pages after the TD has been measured */

void tdvf_read(struct metadata *tdvf, struct bytes image);

/* "BFV", "TD_HOB", ...; "type" for one that is not defined. */
const char *tdvf_type_name(uint32_t type);

#endif
