/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "qemu/report/symbols.h"

static const char path[] = "test_symbols.txt";

static const char *reads(struct symbols *symbols, const char *text)
{
	FILE *file = fopen(path, "w");
	const char *error;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	error = symbols_read(symbols, path);
	unlink(path);
	return error;
}

/* The lines of proc(5), /proc/kallsyms, and of nm(1). */
static void test_kinds(void **state)
{
	struct symbols symbols;

	assert_null(reads(&symbols, "ffffffff81000040 T second\n"
				    "ffffffff81000000 t first\n"
				    "ffffffff81000080 D data\n"
				    "ffffffff81000080 w weak\n"
				    "ffffffff81000090 B bss\n"
				    "ffffffffc0000000 t module\t[virtio]\n"
				    "                 U needed\n\n"));
	assert_int_equal(symbols.count, 3);
	assert_string_equal(symbols_name(&symbols, 0), "first");
	assert_string_equal(symbols_name(&symbols, 1), "second");
	assert_string_equal(symbols_name(&symbols, 2), "weak");
	symbols_free(&symbols);
}

static void is(const struct symbols *symbols, uint64_t address, const char *name)
{
	long found = symbols_find(symbols, address);

	assert_true(found >= 0);
	assert_string_equal(symbols_name(symbols, found), name);
}

static void test_find(void **state)
{
	struct symbols symbols;

	assert_null(reads(&symbols, "1000 t a\n2000 t b\n3000 t c\n"));
	assert_int_equal(symbols_find(&symbols, 0xfff), -1);
	is(&symbols, 0x1000, "a");
	is(&symbols, 0x1fff, "a");
	is(&symbols, 0x2000, "b");
	/* The last one is taken to be shorter than 64 KiB. */
	is(&symbols, 0x12fff, "c");
	assert_int_equal(symbols_find(&symbols, 0x13000), -1);
	assert_int_equal(symbols_start(&symbols, symbols_find(&symbols, 0x2abc)), 0x2000);
	assert_int_equal(symbols_named(&symbols, symbols_name(&symbols, 1)), 1);
	assert_int_equal(symbols_named(&symbols, "absent"), -1);
	symbols_free(&symbols);
}

/* Of several names at one address the first in the file, whatever their order by name. */
static void test_aliases(void **state)
{
	struct symbols symbols;

	assert_null(reads(&symbols, "1000 t a\n2000 T middle\n2000 T zebra\n2000 T alpha\n"
				    "3000 T zz\n3000 T aa\n4000 t last\n"));
	is(&symbols, 0x2000, "middle");
	is(&symbols, 0x2fff, "middle");
	is(&symbols, 0x3000, "zz");
	is(&symbols, 0x4000, "last");
	symbols_free(&symbols);
}

static void test_bad(void **state)
{
	struct symbols none;

	assert_string_equal(reads(&none, "nonsense\n"),
			    "test_symbols.txt, line 1: not an address, a "
			    "type and a name");
	assert_non_null(strstr(reads(&none, ""), "there is no function"));
	assert_non_null(strstr(reads(&none, "1000 D data\n"), "there is no function"));
	/* What a reader without privileges gets. */
	assert_non_null(strstr(reads(&none, "0000000000000000 T hidden\n"), "kptr_restrict"));
	assert_non_null(strstr(reads(&none, "1000 t good\n1000 t\n"), "line 2: "));
	assert_string_equal(symbols_read(&none, "/nonexistent"),
			    "/nonexistent: No such file or directory");
	assert_int_equal(none.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
