/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_CCA_ATTEST_TOKEN_H
#define CVMEM_EMU_CCA_ATTEST_TOKEN_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a Realm's attestation token says of it. The token itself is made elsewhere, by the function
 * in struct emu_cca_config: it needs keys and signatures.
 */

#define EMU_CCA_RPV_SIZE     64
#define EMU_CCA_CHALLENGE    64
#define EMU_CCA_MEASUREMENT  32 /* SHA-256 */
#define EMU_CCA_MEASUREMENTS 5	/* the RIM, and the four REMs that the Realm extends */

/* RSI_ATTESTATION_TOKEN_INIT tells the Realm this size, which no token exceeds. */
#define EMU_CCA_TOKEN_MAX 4096

struct emu_cca_claims {
	uint8_t challenge[EMU_CCA_CHALLENGE];
	uint8_t rpv[EMU_CCA_RPV_SIZE];
	uint8_t measurement[EMU_CCA_MEASUREMENTS][EMU_CCA_MEASUREMENT];
};

/* Writes a token to EMU_CCA_TOKEN_MAX bytes and returns its size; 0: it cannot be made. Called on
 * several vCPUs at once. */
typedef size_t emu_cca_make_token(void *ctx, const struct emu_cca_claims *claims, uint8_t *token);

#endif
