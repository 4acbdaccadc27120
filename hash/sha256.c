/* SPDX-License-Identifier: MIT */
#include "hash/sha256.h"

/* FIPS 180-4, 4.2.2. */
static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value >> bits | value << (32 - bits);
}

static uint32_t big_endian(const uint8_t *from)
{
	uint32_t value;

	__builtin_memcpy(&value, from, sizeof(value));
	return __builtin_bswap32(value);
}

/* 6.2.2, with the schedule of messages in a ring of 16 words. */
static void add_block(void *to, const uint8_t *block)
{
	uint32_t *state = to;
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t word[16];

	for (unsigned i = 0; i < 64; i++) {
		uint32_t *w = &word[i % 16], t1, t2;

		if (i < 16) {
			*w = big_endian(block + 4 * i);
		} else {
			uint32_t w2 = word[(i - 2) % 16], w15 = word[(i - 15) % 16];

			*w += (rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10) + word[(i - 7) % 16] +
			      (rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3);
		}
		t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
		     constants[i] + *w;
		t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void sha256_start(struct sha256 *sha)
{
	static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	for (unsigned i = 0; i < 8; i++)
		sha->state[i] = initial[i];
	hash_buffer_start(&sha->buffer, SHA256_BLOCK, add_block);
}

void sha256_add(struct sha256 *sha, const void *data, size_t bytes)
{
	hash_buffer_add(&sha->buffer, sha->state, data, bytes);
}

void sha256_end(struct sha256 *sha, uint8_t hash[SHA256_BYTES])
{
	hash_buffer_end(&sha->buffer, sha->state);
	for (unsigned i = 0; i < SHA256_BYTES / sizeof(sha->state[0]); i++) {
		uint32_t word = __builtin_bswap32(sha->state[i]);

		__builtin_memcpy(hash + sizeof(word) * i, &word, sizeof(word));
	}
}
