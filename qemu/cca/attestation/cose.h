/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_ATTESTATION_COSE_H
#define CVMEM_QEMU_CCA_ATTESTATION_COSE_H

#include "qemu/attestation/signing_key.h"
#include "qemu/cca/attestation/cbor.h"

/* What a payload may have at most. */
#define COSE_PAYLOAD_MAX 1024

/* Both write to the end of *out. False: no random numbers, or the payload is larger. */

/* A tagged COSE_Sign1 with ES384 (RFC 9052, section 4.2). */
bool cose_sign1(struct cbor *out, struct signing_key *key, const uint8_t *payload, size_t size);
/* A COSE_Key of the public half (RFC 9053, section 7.1.1). */
bool cose_key(struct cbor *out, const struct signing_key *key);

#endif
