/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_SECRETS_H
#define CVMEM_QEMU_SNP_LAUNCH_SECRETS_H

#include <stdint.h>

/*
 * The secrets page that a guest finds at launch: the keys of its talk with the secure processor,
 * and where its SVSM is, if it runs under one (SEV-SNP firmware ABI, "secrets page" of
 * SNP_LAUNCH_UPDATE; the SVSM's fields: SVSM specification 1.00, chapter 3).
 */
#define SECRETS_SIZE	 4096
#define SECRETS_VMPLS	 4
#define SECRETS_KEY_SIZE 32

struct secrets {
	uint32_t fms; /* EAX of CPUID leaf 1: family, model, stepping */
	/* VMPCK 0 to 3: keys for AES-256-GCM, random, new at each launch. */
	uint8_t vmpck[SECRETS_VMPLS][SECRETS_KEY_SIZE];
	/* The VMPL of the guest. Above 0 it is under an SVSM, and the three fields below must be
	 * pages that the guest does not use itself; keys of the VMPLs before its own are then
	 * hidden from it, as an SVSM does. At 0 all SVSM fields of the page are zero. */
	unsigned vmpl;
	uint64_t svsm_base, svsm_size, svsm_caa;
};

/*
 *      0  u32 version 3; u32 flags 0; u32 fms; u32 0; 16 bytes for the OS about workarounds
 *   0x20  VMPCK 0 to 3; 96 bytes for the OS (Linux: message counts); 64 bytes of VMSA
 *  0x140  u64 SVSM base, size, CAA; u32 highest version of its protocol; u8 VMPL of the guest
 */
void secrets_build(const struct secrets *secrets, uint8_t page[SECRETS_SIZE]);

#endif
