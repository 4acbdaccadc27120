/* SPDX-License-Identifier: MIT */
/* Lines as serial consoles, syslog and mail programs leave them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/mapfile/log.h"

static void lines(void **unused)
{
	static const char data[] = "one\r\n\ntw\0o\n\x1b[1;31mred\x1b[0m =3D\nlast";
	static const char *const expected[] = { "one", "", "tw o", "red =", "last" };
	struct log_text text = { .at = data, .end = data + sizeof(data) - 1 };
	struct log_line line = { 0 };

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(log_next(&text, &line));
		assert_string_equal(line.text, expected[i]);
		assert_int_equal(line.length, strlen(expected[i]));
		assert_int_equal(line.number, i + 1);
	}
	assert_false(log_next(&text, &line));
	log_append(&line, "words", true);
	log_append(&line, "!", false);
	assert_string_equal(line.text, "last words!");
	free(line.text);
}

static void numbers(void **unused)
{
	static const struct {
		const char *text;
		uint64_t value;
		size_t length;
		bool huge;
	} cases[] = {
		{ "0x10", 0x10, 4, false },
		{ "fF]", 0xff, 2, false },
		{ "0xffffffffffffffff", UINT64_MAX, 18, false },
		{ "0x10000000000000000", 0, 19, true },
		{ "0xg", 0, 0, false },
		{ "", 0, 0, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = cases[i].text;
		uint64_t value = 0;
		bool huge = false;

		assert_int_equal(log_hex(&at, &value, &huge), cases[i].length > 0);
		assert_int_equal(at - cases[i].text, cases[i].length);
		assert_int_equal(value, cases[i].value);
		assert_int_equal(huge, cases[i].huge);
	}
}

static void times(void **unused)
{
	double seconds = 0;

	assert_true(log_time("[    1.500000] text", &seconds));
	assert_true(seconds == 1.5);
	assert_true(log_time("Nov 29 12:00:00 host kernel: [   12.250000] text", &seconds));
	assert_true(seconds == 12.25);
	assert_false(log_time("[mem 0x0-0xfff]", &seconds));
	assert_false(log_time("[12] text", &seconds));
}

static void marks_of_others(void **unused)
{
	struct log_line line = { 0 };

	assert_string_equal(log_unquote("> > text"), "text");
	assert_true(log_is_cut("[...]"));
	assert_true(log_is_cut("> [    1.000000] ... more"));
	assert_true(log_is_cut("<snip>"));
	assert_false(log_is_cut("[mem 0x0-0xfff]"));
	line.text = strdup("a line that goes on=");
	line.length = strlen(line.text);
	assert_true(log_soft_break(&line));
	free(line.text);
	/* Here it belongs to the entry. */
	line.text = strdup("efi: mem00: [Boot Code] range=");
	line.length = strlen(line.text);
	assert_false(log_soft_break(&line));
	free(line.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(numbers),
		cmocka_unit_test(times),
		cmocka_unit_test(marks_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
