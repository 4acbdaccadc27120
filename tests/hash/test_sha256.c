/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <nettle/sha2.h>

#include "hash/sha256.h"

static void digest(const uint8_t *data, size_t bytes, size_t part, uint8_t hash[SHA256_BYTES])
{
	struct sha256 sha;

	memset(&sha, 0xa5, sizeof(sha));
	sha256_start(&sha);
	for (size_t at = 0; at < bytes; at += part)
		sha256_add(&sha, data + at, bytes - at < part ? bytes - at : part);
	sha256_end(&sha, hash);
}

/* FIPS 180-2, B.1 and B.2. */
static void test_specification(void **state)
{
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static const uint8_t abc[SHA256_BYTES] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
		0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	static const uint8_t two[SHA256_BYTES] = {
		0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26,
		0x93, 0x0c, 0x3e, 0x60, 0x39, 0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff,
		0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1,
	};
	uint8_t hash[SHA256_BYTES];

	digest((const uint8_t *)"abc", 3, 3, hash);
	assert_memory_equal(hash, abc, sizeof(hash));
	digest((const uint8_t *)two_blocks, 56, 56, hash);
	assert_memory_equal(hash, two, sizeof(hash));
}

static void check(const uint8_t *data, size_t bytes, const char *expected)
{
	char hex[2 * SHA256_BYTES + 1];
	uint8_t hash[SHA256_BYTES];

	digest(data, bytes, 997, hash);
	for (size_t i = 0; i < SHA256_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	assert_string_equal(hex, expected);
}

/* NIST's example of a million times the letter a, and nothing; parts that are no divisor of a
 * block. */
static void test_long(void **state)
{
	uint8_t *text = malloc(1000000);

	assert_non_null(text);
	memset(text, 'a', 1000000);
	check(text, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	check(text, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	free(text);
}

/* Every length up to four blocks, in parts of every size, against nettle. */
static void test_parts(void **state)
{
	uint8_t data[4 * SHA256_BLOCK], hash[SHA256_BYTES], want[SHA256_BYTES];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 167 + 13);
	for (size_t bytes = 0; bytes <= sizeof(data); bytes++) {
		struct sha256_ctx ctx;

		sha256_init(&ctx);
		sha256_update(&ctx, bytes, data);
		sha256_digest(&ctx, sizeof(want), want);
		for (size_t part = 1; part <= bytes + 1; part += part < 70 ? 1 : 37) {
			digest(data, bytes, part, hash);
			assert_memory_equal(hash, want, sizeof(hash));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specification),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
