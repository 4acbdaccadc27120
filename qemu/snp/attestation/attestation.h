/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_ATTESTATION_H
#define CVMEM_QEMU_SNP_ATTESTATION_ATTESTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu/attestation/signing_key.h"

/*
 * What the secure processor certifies about a guest: attestation reports, and keys derived for it
 * (SEV-SNP firmware ABI 1.56, chapter 7). The signing key is generated for every machine and never
 * leaves it; only this machine certifies it (certificates.h). A verifier gets the public half from
 * the report of `cvmem vm`. A verifier that insists on AMD's certificates correctly finds none.
 */
#define ATTESTATION_REPORT_SIZE	 1184
#define ATTESTATION_SIGNED_SIZE	 0x2a0 /* what the signature covers */
#define ATTESTATION_DATA_SIZE	 64
#define ATTESTATION_DERIVED_SIZE 32
#define ATTESTATION_CHIP_ID_SIZE 64

/* A guest after its launch. */
struct attestation_guest {
	uint64_t policy;
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t report_id[32]; /* random, for each launch */
	uint32_t fms;	       /* EAX of CPUID leaf 1 */
};

struct attester;

/* NULL: out of memory, or no random numbers. Not thread-safe. */
struct attester *attester_create(void);
void attester_destroy(struct attester *attester);

/* The public key; coordinates are big-endian. False: out of memory. */
bool attester_public_key(const struct attester *attester, uint8_t x[SIGNING_KEY_PART],
			 uint8_t y[SIGNING_KEY_PART]);
/* ATTESTATION_CHIP_ID_SIZE bytes. */
const uint8_t *attester_chip_id(const struct attester *attester);

/*
 * A report of version 3, ECDSA on P-384 with SHA-384, with the VCEK named as its key. data: from
 * the guest; vmpl: of the requester. Firmware and microcode versions (TCB) are zero; the chip ID is
 * SHA-512 of the public key's coordinates; there is no ID block and no migration agent. False: out
 * of memory, or no random numbers.
 */
bool attestation_report(struct attester *attester, const struct attestation_guest *guest,
			uint32_t vmpl, const uint8_t data[ATTESTATION_DATA_SIZE],
			uint8_t report[ATTESTATION_REPORT_SIZE]);

/* What a derived key depends on, besides the platform's key. Fields that the guest has not selected
 * are zero (MSG_KEY_REQ). The ABI leaves the derivation open; here it is HMAC-SHA-256. */
struct attestation_key {
	uint32_t root;	 /* root key select and key select of the request */
	uint64_t fields; /* selected: policy 0, image 1, family 2, measurement 3, SVN 4, TCB 5 */
	uint32_t vmpl, svn;
	uint64_t tcb;
};

void attestation_derive(const struct attester *attester, const struct attestation_guest *guest,
			const struct attestation_key *wanted,
			uint8_t key[ATTESTATION_DERIVED_SIZE]);

#endif
