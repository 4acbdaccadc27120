/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/attestation/signing_key.h"

#include <mbedtls/ecdsa.h>
#include <stdlib.h>

#include "hash/sha384.h"
#include "qemu/attestation/random.h"

struct signing_key {
	mbedtls_ecdsa_context ecdsa;
};

struct signing_key *signing_key_create(void)
{
	struct signing_key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	mbedtls_ecdsa_init(&key->ecdsa);
	if (mbedtls_ecdsa_genkey(&key->ecdsa, MBEDTLS_ECP_DP_SECP384R1, random_bytes, NULL)) {
		signing_key_destroy(key);
		return NULL;
	}
	return key;
}

void signing_key_destroy(struct signing_key *key)
{
	if (!key)
		return;
	mbedtls_ecdsa_free(&key->ecdsa);
	free(key);
}

bool signing_key_public(const struct signing_key *key, uint8_t x[SIGNING_KEY_PART],
			uint8_t y[SIGNING_KEY_PART])
{
	return !mbedtls_mpi_write_binary(&key->ecdsa.Q.X, x, SIGNING_KEY_PART) &&
	       !mbedtls_mpi_write_binary(&key->ecdsa.Q.Y, y, SIGNING_KEY_PART);
}

bool signing_key_sign(struct signing_key *key, const void *data, size_t size,
		      uint8_t signature[2 * SIGNING_KEY_PART])
{
	uint8_t digest[SHA384_BYTES];
	struct sha384 sha;
	mbedtls_mpi r, s;
	bool done;

	sha384_start(&sha);
	sha384_add(&sha, data, size);
	sha384_end(&sha, digest);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	done = !mbedtls_ecdsa_sign(&key->ecdsa.grp, &r, &s, &key->ecdsa.d, digest, sizeof(digest),
				   random_bytes, NULL) &&
	       !mbedtls_mpi_write_binary(&r, signature, SIGNING_KEY_PART) &&
	       !mbedtls_mpi_write_binary(&s, signature + SIGNING_KEY_PART, SIGNING_KEY_PART);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	return done;
}
