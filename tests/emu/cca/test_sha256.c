/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emu/cca/internal.h"

/* Lengths around a block's end; byte i is 7 * i. The values are Python's
 * hashlib.sha256()'s. */
static const struct {
	size_t size;
	const char *digest;
} cases[] = {
	{ 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ 3, "b361d0f9a938a2bb4fbdc9c21dc5a859788041b0040919d8a811c1888184f4df" },
	{ 55, "576a1bf8d4478657e6dc4af9398544765c2a92cde28478b019235cfed315fc09" },
	{ 56, "9b20501dfd1d99161c257950f3444f3e49230c351c5c8e0943ef369f85f5205d" },
	{ 63, "30b345906b493f06f69444b6521113511c242f30e29840462950035043682f1e" },
	{ 64, "d8bc63b4fc1156e5e7d95a418b9bf54cd3174bedbc2db40f74895349b229b3c0" },
	{ 119, "7a6589821178918ca8d9edaba5abfc1e9b2669564f4469b66885379c1530b2c8" },
	{ 120, "655250427d56b1b0eeb8497d21428704273458a01772d6881b65c0abac0f8a98" },
	{ 1000, "89f4ff56a25dd1db06a4ce6033603775d705fb96f30f8693733fef602a1ca532" },
};

static void expect(const uint8_t digest[32], const char *hex)
{
	char text[65];

	for (int i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	assert_string_equal(text, hex);
}

static void test_lengths(void **state)
{
	uint8_t bytes[1000], digest[32];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = 7 * i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = cases[i].size;

		emu_sha256(bytes, size, NULL, 0, digest);
		expect(digest, cases[i].digest);
		emu_sha256(bytes, size / 3, bytes + size / 3, size - size / 3, digest);
		expect(digest, cases[i].digest);
	}
}

/* FIPS 180-4's examples. */
static void test_examples(void **state)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	uint8_t digest[32];

	emu_sha256("abc", 3, NULL, 0, digest);
	expect(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	emu_sha256(two, 56, NULL, 0, digest);
	expect(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
