/* SPDX-License-Identifier: MIT */
/* Command lines against a table with an option of each type. What a wrong one ends with is tested
 * with the commands: the program exits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/common/accept_cost.h"
#include "tools/common/options.h"

struct values {
	bool flag;
	const char *text, *word;
	unsigned index, number, count;
	uint64_t count64, size, seconds;
	const struct accept_cost *cost;
	const char *other, *json;
	size_t files;
	bool checked;
};

#define AT(member) .offset = offsetof(struct values, member)

static const struct option_spec table[] = {
	{ .name = "flag", .letter = 'f', .type = OPTION_FLAG, AT(flag) },
	{ .name = "text", .argument = "TEXT", .type = OPTION_TEXT, AT(text) },
	{ .name = "word", .argument = "on|off", .type = OPTION_WORD, AT(word) },
	{ .name = "index", .argument = "bc|NAME|b", .type = OPTION_WORD_INDEX, AT(index) },
	{ .name = "number", .argument = "48|52", .type = OPTION_WORD_NUMBER, AT(number) },
	{ .name = "count", .argument = "N", .type = OPTION_COUNT, AT(count), .max = 9 },
	{ .name = "count64", .argument = "N", .type = OPTION_COUNT64, AT(count64), .max = -1 },
	{ .name = "size", .argument = "SIZE", .type = OPTION_SIZE, AT(size), .max = -1 },
	{ .name = "seconds", .argument = "SECONDS", .type = OPTION_SECONDS, AT(seconds) },
	{ .name = "cost", .argument = "NS|NAME", .type = OPTION_COST, AT(cost) },
	{ .name = "json", .letter = 'j', .argument = "FILE", .type = OPTION_JSON, AT(json) },
	{ .name = "other", .letter = 'o', .argument = "X", .type = OPTION_OTHER, .id = 7 },
	{ 0 },
};

static void take_other(const struct option_spec *option, char *text, struct argp_state *state)
{
	struct values *values = state->input;

	assert_int_equal(option->id, 7);
	values->other = text;
}

static void take_files(char **files, size_t count, void *values)
{
	((struct values *)values)->files = count;
}

static void check(struct argp_state *state)
{
	((struct values *)state->input)->checked = true;
}

static void each_type(void **unused)
{
	static const struct option_set set = {
		.options = table,
		.arguments = "FILE...",
		.other = take_other,
		.take = take_files,
		.check = check,
	};
	char *argv[] = { "test",      "-f",	   "--text=a b", "--word",   "off",
			 "--index",   "b",	   "file",	 "--number", "52",
			 "--count=9", "--count64", "5000000000", "--size",   "64K",
			 "--seconds", "0.25",	   "--cost=snp", "-oX",	     "-",
			 NULL };
	struct values values = { 0 };

	options_parse(&set, sizeof(argv) / sizeof(argv[0]) - 1, argv, &values);
	assert_true(values.flag);
	assert_string_equal(values.text, "a b");
	assert_string_equal(values.word, "off");
	assert_int_equal(values.index, 1);
	assert_int_equal(values.number, 52);
	assert_int_equal(values.count, 9);
	assert_int_equal(values.count64, 5000000000);
	assert_int_equal(values.size, 65536);
	assert_int_equal(values.seconds, 250000000);
	assert_string_equal(values.cost->name, "snp");
	assert_string_equal(values.other, "X");
	assert_int_equal(values.files, 2);
	assert_true(values.checked);
}

/* Given after the name of the program; arguments: the command takes words. The values point into
 * the words until the next call. */
static struct values parsed(const char *arguments, const char *a, const char *b, const char *c)
{
	const struct option_set set = {
		.options = table,
		.arguments = arguments,
		.other = take_other,
		.take = take_files,
	};
	static char words[4][16] = { "test" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	struct values values = { 0 };
	int argc = 2 + !!b + !!c;

	strcpy(words[1], a);
	strcpy(words[2], b ? b : "");
	strcpy(words[3], c ? c : "");
	argv[argc] = NULL;
	options_parse(&set, argc, argv, &values);
	return values;
}

static void json(void **unused)
{
	struct values values;

	assert_null(parsed(NULL, "-f", NULL, NULL).json);
	assert_string_equal(parsed(NULL, "--json", NULL, NULL).json, "-");
	assert_string_equal(parsed(NULL, "--json=x", NULL, NULL).json, "x");
	assert_string_equal(parsed(NULL, "--js", "x", "-f").json, "x");
	assert_string_equal(parsed(NULL, "-j", "-", "-f").json, "-");
	values = parsed(NULL, "--json", "-f", NULL);
	assert_string_equal(values.json, "-");
	assert_true(values.flag);
	values = parsed("FILE...", "--json", "x", "-f");
	assert_string_equal(values.json, "-");
	assert_int_equal(values.files, 1);
	assert_true(values.flag);
}

/* Letters in one word, as if there were no argument that can follow one of them. */
static void letters(void **unused)
{
	struct values values = parsed(NULL, "-jfoX", "-f", NULL);

	assert_string_equal(values.json, "-");
	assert_true(values.flag);
	assert_string_equal(values.other, "X");
	values = parsed("FILE...", "-fjo", "X", "Y");
	assert_string_equal(values.json, "-");
	assert_string_equal(values.other, "X");
	assert_int_equal(values.files, 1);
}

static void words(void **unused)
{
	static const char *const expected[] = { "4G", "all" };
	size_t length;

	for (size_t i = 0; i < 2; i++) {
		const char *word = option_word("SIZE|4G|all", i, &length);

		assert_non_null(word);
		assert_int_equal(length, strlen(expected[i]));
		assert_memory_equal(word, expected[i], length);
	}
	assert_null(option_word("SIZE|4G|all", 2, &length));
	assert_null(option_word("FILE", 0, &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type),
		cmocka_unit_test(json),
		cmocka_unit_test(letters),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
