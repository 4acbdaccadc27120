/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_ATTESTATION_SIGNING_KEY_H
#define CVMEM_QEMU_ATTESTATION_SIGNING_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key on P-384 that is generated for this machine and never leaves it. Not thread-safe. */

#define SIGNING_KEY_PART 48 /* a coordinate, and R and S; big-endian */

struct signing_key;

/* NULL: out of memory, or no random numbers. */
struct signing_key *signing_key_create(void);
void signing_key_destroy(struct signing_key *key);

bool signing_key_public(const struct signing_key *key, uint8_t x[SIGNING_KEY_PART],
			uint8_t y[SIGNING_KEY_PART]);
/* ECDSA with SHA-384: R and S, as COSE has them (RFC 9053, section 2.1). */
bool signing_key_sign(struct signing_key *key, const void *data, size_t size,
		      uint8_t signature[2 * SIGNING_KEY_PART]);

#endif
