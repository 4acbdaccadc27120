/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HASH_SHA256_H
#define CVMEM_HASH_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "hash/buffer.h"

/* SHA-256 (FIPS 180-4), of data that comes in parts. */

#define SHA256_BYTES 32
#define SHA256_BLOCK 64

struct sha256 {
	uint32_t state[8];
	struct hash_buffer buffer;
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *data, size_t bytes);
/* sha is not usable afterwards. */
void sha256_end(struct sha256 *sha, uint8_t hash[SHA256_BYTES]);

#endif
