/* SPDX-License-Identifier: MIT */
#include "emu/sha384.h"

#include <string.h>

/* FIPS 180-4, 4.2.3: the fractional parts of the cube roots of the first 80 primes. */
static const uint64_t constants[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
	0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
	0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
	0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
	0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
	0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
	0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
	0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
	0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
	0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
	0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
	0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
	0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
	0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

void emu_sha384_init(struct emu_sha384 *hash)
{
	/* 5.3.4: of the square roots of the ninth to the sixteenth prime. */
	static const uint64_t state[8] = {
		0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
		0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
	};

	memcpy(hash->state, state, sizeof(state));
	hash->bytes = 0;
}

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word >> bits | word << (64 - bits);
}

static uint64_t load(const uint8_t *at)
{
	uint64_t word = 0;

	for (unsigned i = 0; i < 8; i++)
		word = word << 8 | at[i];
	return word;
}

static void store(uint8_t *at, uint64_t word)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(word >> (56 - 8 * i));
}

/* 6.4.2, with the message schedule kept as its last 16 words. */
static void compress(uint64_t state[8], const uint8_t *block)
{
	uint64_t w[16], v[8];

	memcpy(v, state, sizeof(v));
	for (unsigned t = 0; t < 80; t++) {
		uint64_t *word = &w[t % 16], t1, t2;

		if (t < 16) {
			*word = load(block + (size_t)8 * t);
		} else {
			uint64_t a = w[(t + 1) % 16], b = w[(t + 14) % 16];

			*word += (rotate(a, 1) ^ rotate(a, 8) ^ a >> 7) + w[(t + 9) % 16] +
				 (rotate(b, 19) ^ rotate(b, 61) ^ b >> 6);
		}
		t1 = v[7] + (rotate(v[4], 14) ^ rotate(v[4], 18) ^ rotate(v[4], 41)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[t] + *word;
		t2 = (rotate(v[0], 28) ^ rotate(v[0], 34) ^ rotate(v[0], 39)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += v[i];
}

void emu_sha384_update(struct emu_sha384 *hash, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (size) {
		size_t at = hash->bytes % EMU_SHA384_BLOCK;
		size_t part = EMU_SHA384_BLOCK - at < size ? EMU_SHA384_BLOCK - at : size;

		memcpy(hash->block + at, from, part);
		hash->bytes += part;
		from += part;
		size -= part;
		if (at + part == EMU_SHA384_BLOCK)
			compress(hash->state, hash->block);
	}
}

void emu_sha384_final(struct emu_sha384 *hash, uint8_t digest[EMU_SHA384_SIZE])
{
	static const uint8_t padding[EMU_SHA384_BLOCK] = { 0x80 };
	uint64_t bits = hash->bytes * 8;
	size_t at = hash->bytes % EMU_SHA384_BLOCK;
	uint8_t length[16] = { 0 };

	/* The length takes the last 16 bytes of a block. */
	emu_sha384_update(hash, padding, (at < 112 ? 112 : 240) - at);
	store(length + 8, bits);
	emu_sha384_update(hash, length, sizeof(length));
	for (unsigned i = 0; i < EMU_SHA384_SIZE / 8; i++)
		store(digest + (size_t)8 * i, hash->state[i]);
}
