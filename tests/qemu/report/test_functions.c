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

#include <cjson/cJSON.h>

#include "qemu/guest/guest.h"
#include "qemu/memory/violation.h"
#include "qemu/report/functions.h"

/* The functions of violations, by a reader that takes each function of 16 bytes for the caller of
 * the one before it. */
struct guest guest;

static void (*name_function)(struct memory_violations *now);

void memory_violations_name(void (*name)(struct memory_violations *now))
{
	name_function = name;
}

static void read_path(const struct symbols *symbols, unsigned vcpu, uint64_t pc,
		      struct call_path *path)
{
	assert_int_equal(vcpu, 5);
	*path = (struct call_path){ .slide_known = true, .slide = 0x1000 };
	for (long at = symbols_find(symbols, pc - path->slide); at >= 0; at--)
		path->function[path->depth++] = at;
}

static cJSON *report(void)
{
	struct json json;
	char *text;
	size_t size;
	cJSON *parsed;

	json = (struct json){ .out = open_memstream(&text, &size) };
	json_object(&json, NULL);
	functions_report_violation(&json);
	json_end(&json);
	fclose(json.out);
	parsed = cJSON_Parse(text);
	assert_non_null(parsed);
	free(text);
	return parsed;
}

static void test_without_symbols(void **state)
{
	struct call_path path = { .depth = 3 };
	cJSON *json;

	assert_null(functions_read(read_path));
	assert_false(functions_known());
	assert_null(name_function);
	functions_path(0, 0x2000, &path);
	assert_int_equal(path.depth, 0);
	json = report();
	assert_null(json->child);
	cJSON_Delete(json);
	guest.options.symbols = "/nonexistent";
	assert_non_null(functions_read(read_path));
	assert_null(name_function);
}

static void test_violations(void **state)
{
	static char name[] = "test_functions.symbols";
	struct memory_violations first = { .vcpu = 5, .rip = 0x2018 };
	struct memory_violations second = { .vcpu = 5, .rip = 0x2008 };
	struct memory_violations outside = { .vcpu = 5, .rip = 0x1008 };
	FILE *file = fopen(name, "w");
	const cJSON *path;
	cJSON *json;

	assert_non_null(file);
	fprintf(file, "1000 T outer\n1010 t inner\n1020 t other\n");
	fclose(file);
	guest.options.symbols = name;
	assert_null(functions_read(read_path));
	unlink(name);
	assert_true(functions_known());
	name_function(&first);
	assert_string_equal(first.function, "inner");
	name_function(&second);
	assert_string_equal(second.function, "outer");
	name_function(&outside);
	assert_string_equal(outside.function, "");
	/* The first is the one of the report. */
	json = report();
	assert_string_equal(cJSON_GetObjectItem(json, "function")->valuestring, "inner");
	assert_int_equal(cJSON_GetObjectItem(json, "kernel_slide")->valueint, 0x1000);
	path = cJSON_GetObjectItem(json, "path");
	assert_int_equal(cJSON_GetArraySize(path), 2);
	assert_string_equal(cJSON_GetArrayItem(path, 0)->valuestring, "inner");
	assert_string_equal(cJSON_GetArrayItem(path, 1)->valuestring, "outer");
	cJSON_Delete(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_symbols),
		cmocka_unit_test(test_violations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
