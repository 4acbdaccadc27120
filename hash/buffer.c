/* SPDX-License-Identifier: MIT */
#include "hash/buffer.h"

void hash_buffer_start(struct hash_buffer *buffer, size_t block_bytes,
		       void (*add_block)(void *state, const uint8_t *block))
{
	buffer->add_block = add_block;
	buffer->block_bytes = block_bytes;
	buffer->bytes = 0;
}

void hash_buffer_add(struct hash_buffer *buffer, void *state, const void *data, size_t bytes)
{
	const uint8_t *from = data;
	size_t block_bytes = buffer->block_bytes;

	while (bytes) {
		size_t filled = buffer->bytes % block_bytes;

		if (!filled && bytes >= block_bytes) {
			buffer->add_block(state, from);
			buffer->bytes += block_bytes;
			from += block_bytes;
			bytes -= block_bytes;
			continue;
		}
		buffer->block[filled] = *from++;
		buffer->bytes++;
		bytes--;
		if (filled == block_bytes - 1)
			buffer->add_block(state, buffer->block);
	}
}

/* A bit that is set, zeros, and the number of bits, in an eighth of a block. */
void hash_buffer_end(struct hash_buffer *buffer, void *state)
{
	size_t block_bytes = buffer->block_bytes;
	uint64_t bits = buffer->bytes * 8;
	uint8_t number[8];

	for (unsigned i = 0; i < sizeof(number); i++)
		number[i] = (uint8_t)(bits >> (56 - 8 * i));
	hash_buffer_add(buffer, state, "\x80", 1);
	while (buffer->bytes % block_bytes != block_bytes - block_bytes / 8)
		hash_buffer_add(buffer, state, "", 1);
	while (buffer->bytes % block_bytes != block_bytes - sizeof(number))
		hash_buffer_add(buffer, state, "", 1);
	hash_buffer_add(buffer, state, number, sizeof(number));
}
