/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ATTESTATION_CERTIFICATES_H
#define CVMEM_QEMU_SNP_ATTESTATION_CERTIFICATES_H

#include <stddef.h>
#include <stdint.h>

struct attester;

/*
 * The certificates that a host gives its guest with an extended guest request, GHCB specification
 * 2.03, section 4.1.8: a table of entries (GUID in the order in which it is printed, u32 offset,
 * u32 size) that ends with one of zeroes, and X.509 certificates in DER behind it. ARK, the root,
 * signs itself and ASK, and ASK signs the VCEK, whose public key is the attester's; that one has
 * AMD's extensions with TCB version and chip ID. The first two are made anew and forgotten: a chain
 * that is complete, and that nobody has reason to trust. AMD's own are RSA with PSS; these are on
 * P-384.
 */
#define CERTIFICATES_SIZE 4096

/* How many bytes of it are used; 0: no memory or random numbers. */
size_t certificates_build(const struct attester *attester, uint8_t table[CERTIFICATES_SIZE]);

#endif
