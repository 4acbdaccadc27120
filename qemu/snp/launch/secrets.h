/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_SECRETS_H
#define CVMEM_QEMU_SNP_LAUNCH_SECRETS_H

#include <stdint.h>

/* The secrets page that a guest finds at launch: its keys for messages to the secure processor, and
 * where its SVSM is, if there is one (SEV-SNP firmware ABI, "secrets page" of SNP_LAUNCH_UPDATE;
 * the SVSM's fields: SVSM specification 1.00, chapter 3). */
#define SECRETS_SIZE	 4096
#define SECRETS_VMPLS	 4
#define SECRETS_KEY_SIZE 32

struct secrets {
	uint32_t fms; /* EAX of CPUID leaf 1: family, model, stepping */
	/* VMPCK 0 to 3: random AES-256-GCM keys, new at each launch. */
	uint8_t vmpck[SECRETS_VMPLS][SECRETS_KEY_SIZE];
	/* The guest's VMPL. Above 0 it runs under an SVSM: the three fields below must be pages
	 * that the guest does not use itself, and keys of lower VMPLs are hidden from the guest, as
	 * an SVSM does. At 0, all SVSM fields of the page are zero. */
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
