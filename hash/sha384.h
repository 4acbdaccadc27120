/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HASH_SHA384_H
#define CVMEM_HASH_SHA384_H

#include <stddef.h>
#include <stdint.h>

#include "hash/buffer.h"

/* SHA-384 (FIPS 180-4), of data that comes in parts. */

#define SHA384_BYTES 48
#define SHA384_BLOCK 128

struct sha384 {
	uint64_t state[8];
	struct hash_buffer buffer;
};

void sha384_start(struct sha384 *sha);
void sha384_add(struct sha384 *sha, const void *data, size_t bytes);
/* sha is not usable afterwards. */
void sha384_end(struct sha384 *sha, uint8_t hash[SHA384_BYTES]);

#endif
