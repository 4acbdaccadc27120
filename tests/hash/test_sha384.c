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

#include "hash/sha384.h"

static void digest(const uint8_t *data, size_t bytes, size_t part, uint8_t hash[SHA384_BYTES])
{
	struct sha384 sha;

	memset(&sha, 0xa5, sizeof(sha));
	sha384_start(&sha);
	for (size_t at = 0; at < bytes; at += part)
		sha384_add(&sha, data + at, bytes - at < part ? bytes - at : part);
	sha384_end(&sha, hash);
}

/* FIPS 180-2, D.1 and D.2. */
static void test_specification(void **state)
{
	static const char two_blocks[] = "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
					 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
	static const uint8_t abc[SHA384_BYTES] = { 0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b,
						   0xb5, 0xa0, 0x3d, 0x69, 0x9a, 0xc6, 0x50, 0x07,
						   0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63,
						   0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed,
						   0x80, 0x86, 0x07, 0x2b, 0xa1, 0xe7, 0xcc, 0x23,
						   0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7 };
	static const uint8_t two[SHA384_BYTES] = { 0x09, 0x33, 0x0c, 0x33, 0xf7, 0x11, 0x47, 0xe8,
						   0x3d, 0x19, 0x2f, 0xc7, 0x82, 0xcd, 0x1b, 0x47,
						   0x53, 0x11, 0x1b, 0x17, 0x3b, 0x3b, 0x05, 0xd2,
						   0x2f, 0xa0, 0x80, 0x86, 0xe3, 0xb0, 0xf7, 0x12,
						   0xfc, 0xc7, 0xc7, 0x1a, 0x55, 0x7e, 0x2d, 0xb9,
						   0x66, 0xc3, 0xe9, 0xfa, 0x91, 0x74, 0x60, 0x39 };
	uint8_t hash[SHA384_BYTES];

	digest((const uint8_t *)"abc", 3, 3, hash);
	assert_memory_equal(hash, abc, sizeof(hash));
	digest((const uint8_t *)two_blocks, 112, 112, hash);
	assert_memory_equal(hash, two, sizeof(hash));
}

static void check(const uint8_t *data, size_t bytes, const char *expected)
{
	char hex[2 * SHA384_BYTES + 1];
	uint8_t hash[SHA384_BYTES];

	digest(data, bytes, 997, hash);
	for (size_t i = 0; i < SHA384_BYTES; i++)
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
	check(text, 1000000,
	      "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
	      "07b8b3dc38ecc4ebae97ddd87f3d8985");
	check(text, 0,
	      "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	      "274edebfe76f65fbd51ad2f14898b95b");
	free(text);
}

/* Every length up to four blocks, in parts of every size, against nettle. */
static void test_parts(void **state)
{
	uint8_t data[4 * SHA384_BLOCK], hash[SHA384_BYTES], want[SHA384_BYTES];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 167 + 13);
	for (size_t bytes = 0; bytes <= sizeof(data); bytes++) {
		struct sha384_ctx ctx;

		sha384_init(&ctx);
		sha384_update(&ctx, bytes, data);
		sha384_digest(&ctx, sizeof(want), want);
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
