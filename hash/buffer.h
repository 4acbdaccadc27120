/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HASH_BUFFER_H
#define CVMEM_HASH_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Cuts data that comes in parts into blocks, and pads the last one (FIPS 180-4, 5.1). SHA-256 has
 * blocks of 64 bytes, SHA-384 of 128.
 */

#define HASH_BLOCK_MAX 128

struct hash_buffer {
	void (*add_block)(void *state, const uint8_t *block);
	size_t block_bytes;
	uint64_t bytes;		       /* added so far; fewer than 2^61 */
	uint8_t block[HASH_BLOCK_MAX]; /* what does not fill a block yet */
};

void hash_buffer_start(struct hash_buffer *buffer, size_t block_bytes,
		       void (*add_block)(void *state, const uint8_t *block));
void hash_buffer_add(struct hash_buffer *buffer, void *state, const void *data, size_t bytes);
/* Pads; the state is the hash afterwards. */
void hash_buffer_end(struct hash_buffer *buffer, void *state);

#endif
