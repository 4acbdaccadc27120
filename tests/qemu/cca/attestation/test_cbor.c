/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/cca/attestation/cbor.h"

static uint8_t bytes[64];

static struct cbor start(size_t room)
{
	memset(bytes, 0xee, sizeof(bytes));
	return (struct cbor){ .bytes = bytes, .room = room };
}

static void is(const struct cbor *cbor, const char *expected, size_t size)
{
	assert_false(cbor->is_full);
	assert_int_equal(cbor->size, size);
	assert_memory_equal(bytes, expected, size);
	assert_int_equal(bytes[size], 0xee);
}

/* RFC 8949, appendix A. */
static void test_integers(void **state)
{
	static const struct {
		int64_t value;
		const char *encoded;
		size_t size;
	} cases[] = {
		{ 0, "\x00", 1 },
		{ 23, "\x17", 1 },
		{ 24, "\x18\x18", 2 },
		{ 255, "\x18\xff", 2 },
		{ 256, "\x19\x01\x00", 3 },
		{ 1000, "\x19\x03\xe8", 3 },
		{ 65535, "\x19\xff\xff", 3 },
		{ 65536, "\x1a\x00\x01\x00\x00", 5 },
		{ 1000000, "\x1a\x00\x0f\x42\x40", 5 },
		{ 4294967295, "\x1a\xff\xff\xff\xff", 5 },
		{ 4294967296, "\x1b\x00\x00\x00\x01\x00\x00\x00\x00", 9 },
		{ 1000000000000, "\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", 9 },
		{ -1, "\x20", 1 },
		{ -10, "\x29", 1 },
		{ -100, "\x38\x63", 2 },
		{ -1000, "\x39\x03\xe7", 3 },
		{ INT64_MIN, "\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", 9 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cbor cbor = start(sizeof(bytes));

		cbor_integer(&cbor, cases[i].value);
		is(&cbor, cases[i].encoded, cases[i].size);
	}
}

static void test_strings(void **state)
{
	struct cbor cbor = start(sizeof(bytes));

	cbor_bytes(&cbor, "\x01\x02\x03\x04", 4);
	cbor_bytes(&cbor, "", 0);
	cbor_text(&cbor, "IETF");
	is(&cbor, "\x44\x01\x02\x03\x04\x40\x64IETF", 11);
}

static void test_nested(void **state)
{
	struct cbor cbor = start(sizeof(bytes));

	/* 1({"a": 1, "b": [2, 3]}), as A has it without the tag. */
	cbor_tag(&cbor, 1);
	cbor_map(&cbor, 2);
	cbor_text(&cbor, "a");
	cbor_integer(&cbor, 1);
	cbor_text(&cbor, "b");
	cbor_array(&cbor, 2);
	cbor_integer(&cbor, 2);
	cbor_integer(&cbor, 3);
	is(&cbor, "\xc1\xa2\x61\x61\x01\x61\x62\x82\x02\x03", 10);
}

static void test_full(void **state)
{
	struct cbor cbor = start(4);

	cbor_bytes(&cbor, "abc", 3);
	is(&cbor,
	   "\x43"
	   "abc",
	   4);
	cbor_integer(&cbor, 1);
	assert_true(cbor.is_full);
	/* What is written behind it is not there, as it would be in a wrong place. */
	cbor = start(4);
	cbor_bytes(&cbor, "abcd", 4);
	cbor_integer(&cbor, 1);
	assert_true(cbor.is_full);
	assert_int_equal(bytes[4], 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
