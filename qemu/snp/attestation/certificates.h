/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_CERTIFICATES_H
#define CVMEM_QEMU_SNP_ATTESTATION_CERTIFICATES_H

#include <stddef.h>
#include <stdint.h>

struct attester;

/*
 * The certificates that the host returns with an extended guest request, GHCB specification 2.03,
 * section 4.1.8: a table of entries (GUID in printed byte order, u32 offset, u32 size) with an
 * all-zero entry at its end, followed by X.509 certificates in DER. The root ARK signs itself and
 * the ASK; the ASK signs the VCEK, which certifies the attester's public key and has AMD's
 * extensions for TCB version and chip ID. The private keys of ARK and ASK are discarded. The chain
 * is complete, but no verifier has a reason to trust it. AMD's own keys are RSA with PSS; these are
 * on P-384.
 */
#define CERTIFICATES_SIZE 4096

/* The number of bytes used; 0: out of memory, or no random numbers. */
size_t certificates_build(const struct attester *attester, uint8_t table[CERTIFICATES_SIZE]);

#endif
