/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/sha384.h"

static void check(const char *data, size_t size, size_t part, const char *expected)
{
	char hex[2 * EMU_SHA384_SIZE + 1];
	uint8_t digest[EMU_SHA384_SIZE];
	struct emu_sha384 hash;

	emu_sha384_init(&hash);
	for (size_t at = 0; at < size; at += part)
		emu_sha384_update(&hash, data + at, part < size - at ? part : size - at);
	emu_sha384_final(&hash, digest);
	for (unsigned i = 0; i < EMU_SHA384_SIZE; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	assert_string_equal(hex, expected);
}

/* The examples of FIPS 180-4 and NIST's "SHA-384" document, in one part and byte by byte. */
static void test_examples(void **state)
{
	static const char two_blocks[] =
		"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
		"klmnopqrlmnopqrsmnopqrstnopqrstu";
	static const struct {
		const char *text, *digest;
	} examples[] = {
		{ "", "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
		      "274edebfe76f65fbd51ad2f14898b95b" },
		{ "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			 "8086072ba1e7cc2358baeca134c825a7" },
		{ two_blocks, "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
			      "fcc7c71a557e2db966c3e9fa91746039" },
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		for (size_t part = 1; part <= 128; part += 127)
			check(examples[i].text, strlen(examples[i].text), part, examples[i].digest);
}

/* A million times the letter a, in parts that are no divisor of a block. */
static void test_long(void **state)
{
	char *text = malloc(1000000);

	assert_non_null(text);
	memset(text, 'a', 1000000);
	check(text, 1000000, 997,
	      "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
	      "07b8b3dc38ecc4ebae97ddd87f3d8985");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
