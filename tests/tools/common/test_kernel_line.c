/* SPDX-License-Identifier: MIT */
/* Values on Linux's command line, as its next_arg() and parameq() find them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/common/kernel_line.h"

static void one_value(void **unused)
{
	static const struct {
		const char *line, *value;
	} lines[] = {
		{ "accept_memory=eager", "eager" },
		{ " quiet\taccept_memory=eager root=/dev/vda1\n", "eager" },
		{ "accept-memory=eager", "eager" },
		{ "accept_memory=\"eager\"", "eager" },
		{ "\"accept_memory=eager\"", "eager" },
		{ "accept_memory=", "" },
		{ "a=\"b -- c\" accept_memory=eager", "eager" },
		{ "dyndbg=\"file a.c +p\" accept_memory=\"a b\" quiet", "a b" },
		{ "accept_memory=eager\"", "eager\"" },
		{ "accept_memory=eager=lazy", "eager=lazy" },
		{ "accept_memory=a\" \"b", "a\" \"b" },
		{ "-- accept_memory=eager", NULL },
		{ "quiet -- accept_memory=eager", NULL },
		{ "quiet \"--\" accept_memory=eager", NULL },
		{ "a=\"accept_memory=eager\"", NULL },
		{ "a=\" accept_memory=eager", NULL },
		{ "accept_memory", NULL },
		{ "xaccept_memory=eager", NULL },
		{ "accept_memoryx=eager", NULL },
		{ "cvmem.accept_memory=eager", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *rest = lines[i].line;
		char value[16] = "before";

		assert_int_equal(kernel_line_next(&rest, "accept_memory", value, sizeof(value)),
				 lines[i].value != NULL);
		assert_string_equal(value, lines[i].value ? lines[i].value : "before");
		assert_false(kernel_line_next(&rest, "accept_memory", value, sizeof(value)));
	}
}

static void several_values(void **unused)
{
	const char *rest = "mem=1G quiet mem=2G -- mem=3G";
	char value[16];

	assert_true(kernel_line_next(&rest, "mem", value, sizeof(value)));
	assert_string_equal(value, "1G");
	assert_true(kernel_line_next(&rest, "mem", value, sizeof(value)));
	assert_string_equal(value, "2G");
	assert_false(kernel_line_next(&rest, "mem", value, sizeof(value)));
	assert_false(kernel_line_next(&rest, "mem", value, sizeof(value)));
}

static void long_value(void **unused)
{
	const char *rest = "mem=123456789 mem=1";
	char value[4];

	assert_true(kernel_line_next(&rest, "mem", value, sizeof(value)));
	assert_string_equal(value, "123");
	assert_true(kernel_line_next(&rest, "mem", value, sizeof(value)));
	assert_string_equal(value, "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_value),
		cmocka_unit_test(several_values),
		cmocka_unit_test(long_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
