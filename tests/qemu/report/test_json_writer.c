/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/report/json_writer.h"

/* The grammar of RFC 8259, against texts written by hand. */

static struct json json;
static char *text;
static size_t size;

static void begin(void)
{
	json = (struct json){ .out = open_memstream(&text, &size) };
	assert_non_null(json.out);
}

static void is(const char *expected)
{
	fclose(json.out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_empty(void **state)
{
	begin();
	json_object(&json, NULL);
	json_end(&json);
	is("{}\n");
	begin();
	json_object(&json, NULL);
	json_array(&json, "a");
	json_end(&json);
	json_object(&json, "b");
	json_end(&json);
	json_end(&json);
	is("{\n  \"a\": [],\n  \"b\": {}\n}\n");
}

static void test_numbers(void **state)
{
	begin();
	json_array(&json, NULL);
	json_number(&json, NULL, 0);
	json_number(&json, NULL, UINT64_MAX);
	json_signed(&json, NULL, INT64_MIN);
	json_bool(&json, NULL, true);
	json_bool(&json, NULL, false);
	json_end(&json);
	is("[\n  0,\n  18446744073709551615,\n  -9223372036854775808,\n  true,\n  false\n]\n");
}

/* Section 7: quotation mark, reverse solidus and the control characters are escaped. */
static void test_text(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x9a, 0xff };

	begin();
	json_object(&json, NULL);
	json_text(&json, "a\"b", "c:\\d \"e\"\n\x1f\x7f \xc3\xa9");
	json_text(&json, "", "");
	json_hex(&json, "h", bytes, sizeof(bytes));
	json_hex(&json, "none", bytes, 0);
	json_end(&json);
	is("{\n  \"a\\\"b\": \"c:\\\\d \\\"e\\\"\\u000a\\u001f\x7f \xc3\xa9\",\n  \"\": \"\",\n"
	   "  \"h\": \"009aff\",\n  \"none\": \"\"\n}\n");
}

/* The first three levels have a line for each member, the others one for all. */
static void test_depth(void **state)
{
	begin();
	json_object(&json, NULL);
	json_array(&json, "runs");
	json_object(&json, NULL);
	json_object(&json, "calls");
	json_number(&json, "4k", 1);
	json_number(&json, "2m", 2);
	json_end(&json);
	json_array(&json, "rows");
	for (unsigned i = 0; i < 2; i++) {
		json_array(&json, NULL);
		json_number(&json, NULL, i);
		json_number(&json, NULL, i + 1);
		json_end(&json);
	}
	json_end(&json);
	json_end(&json);
	json_end(&json);
	json_number(&json, "last", 3);
	json_end(&json);
	is("{\n  \"runs\": [\n    {\n      \"calls\": { \"4k\": 1, \"2m\": 2 },\n"
	   "      \"rows\": [ [ 0, 1 ], [ 1, 2 ] ]\n    }\n  ],\n  \"last\": 3\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
