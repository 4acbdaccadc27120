/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_CCA_ATTESTATION_TOKEN_H
#define CVMEM_QEMU_CCA_ATTESTATION_TOKEN_H

#include "emu/cca/attest_token.h"
#include "qemu/attestation/signing_key.h"

/*
 * A CCA attestation token (RMM specification 1.0, A7.2.3): what the platform says of itself, and
 * what it says of a Realm. The keys are those of this machine, which no manufacturer knows, and
 * the platform's claims say that it is an emulator whose life cycle is unknown: a verifier that
 * insists on a platform that it knows correctly finds none.
 */
struct cca_token_keys {
	struct signing_key *platform; /* IAK: signs the platform token */
	struct signing_key *realm;    /* RAK: signs the Realm token */
};

/* The size of the token in EMU_CCA_TOKEN_MAX bytes; 0: no random numbers. */
size_t cca_token(const struct cca_token_keys *keys, const struct emu_cca_claims *claims,
		 uint8_t *token);

#endif
