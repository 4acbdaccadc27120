/* SPDX-License-Identifier: MIT */
#include "tools/common/options.h"

#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/accept_cost.h"
#include "tools/common/commands.h"
#include "tools/common/number.h"
#include "tools/common/version.h"

#define SECOND_NS 1e9

/* Keys of options without a letter. */
enum { USAGE_KEY = 256, FIRST_KEY };

/* What every command has besides the options of its table; listed last. */
static const struct argp_option common[] = {
	{ .name = "help", .key = 'h', .doc = "Give this help list", .group = -1 },
	{ .key = '?', .flags = OPTION_HIDDEN },
	{ .name = "usage", .key = USAGE_KEY, .doc = "Give a short usage message", .group = -1 },
	{ .name = "version", .key = 'V', .doc = "Print program version", .group = -1 },
	{ 0 },
};

struct parse {
	const struct option_set *set;
	void *values;
};

const char *option_word(const char *argument, size_t n, size_t *length)
{
	for (const char *word = argument; word; word = strchr(word, '|')) {
		word += *word == '|';
		*length = strcspn(word, "|");
		if ((*word >= 'A' && *word <= 'Z') || n--)
			continue;
		return word;
	}
	return NULL;
}

/*
 * The index of the option's word that equals the text; otherwise the program ends with a message.
 */
static size_t parse_word(const struct option_spec *option, const char *text,
			 struct argp_state *state)
{
	const char *words = option->names ? option->names : option->argument, *word;
	char all[256] = "";
	size_t length, used = 0;

	for (size_t i = 0; (word = option_word(words, i, &length)); i++) {
		if (strlen(text) == length && !memcmp(text, word, length))
			return i;
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%.*s", i ? ", " : "",
					 (int)length, word);
	}
	argp_error(state, "--%s: '%s' is not one of %s", option->name, text, all);
	return 0;
}

static uint64_t parse_count(const struct option_spec *option, const char *text,
			    struct argp_state *state)
{
	uint64_t value = 0;

	if (number_parse(text, option->min, option->max, &value))
		return value;
	if (option->max == UINT64_MAX)
		argp_error(state, "--%s: '%s' is not a number from %" PRIu64, option->name, text,
			   option->min);
	else
		argp_error(state, "--%s: '%s' is not a number from %" PRIu64 " to %" PRIu64,
			   option->name, text, option->min, option->max);
	return 0;
}

/* "4K", "8T"; text has room for 24 bytes. */
static const char *short_size(char *text, uint64_t bytes)
{
	static const char letters[] = "\0KMGT";
	unsigned letter = 0;

	for (; bytes && bytes % 1024 == 0 && letter < 4; letter++)
		bytes /= 1024;
	snprintf(text, 24, "%" PRIu64 "%c", bytes, letters[letter]);
	return text;
}

static uint64_t parse_size(const struct option_spec *option, const char *text,
			   struct argp_state *state)
{
	char multiple[24], min[24], max[24];
	uint64_t bytes = 0;

	if (size_parse(text, &bytes) && bytes >= option->min && bytes <= option->max &&
	    (!option->multiple || bytes % option->multiple == 0))
		return bytes;
	if (option->multiple)
		argp_error(state, "--%s: '%s' is not a multiple of %s from %s to %s, such as 4G",
			   option->name, text, short_size(multiple, option->multiple),
			   short_size(min, option->min), short_size(max, option->max));
	else
		argp_error(state, "--%s: '%s' is not a size of %s or more, such as 64M",
			   option->name, text, short_size(min, option->min));
	return 0;
}

static uint64_t parse_seconds(const struct option_spec *option, const char *text,
			      struct argp_state *state)
{
	double least = (double)option->min / 1e3;
	char *end;
	double value = strtod(text, &end);

	/* The comparison is false for a NaN. */
	if (end == text || *end || !(value >= least && value <= 1e6))
		argp_error(state, "--%s: '%s' is not a number of seconds from %g to 1000000",
			   option->name, text, least);
	return (uint64_t)(value * SECOND_NS);
}

static const struct accept_cost *parse_cost(const struct option_spec *option, const char *text,
					    struct argp_state *state)
{
	const struct accept_cost *cost = accept_cost_parse(text);

	if (!cost)
		argp_error(state, "--%s: '%s' is not " ACCEPT_COST_VALUES, option->name, text);
	return cost;
}

static void parse_letters(const struct parse *parse, char *letters, struct argp_state *state);

/*
 * An argument that is optional ends with its word for getopt(3). What getopt took for that of a
 * letter are more letters; the word behind can be nothing else in a command that takes no words.
 */
static const char *parse_json(const struct parse *parse, const struct option_spec *option,
			      char *text, struct argp_state *state)
{
	bool is_long = !strncmp(state->argv[state->next - 1], "--", 2);
	const char *next = state->next < state->argc ? state->argv[state->next] : "-";

	if (text && !is_long) {
		parse_letters(parse, text, state);
		return "-";
	}
	if (text && !*text)
		argp_error(state, "--%s: a file's name is expected", option->name);
	if (text)
		return text;
	if (parse->set->arguments || (*next == '-' && next[1]))
		return "-";
	state->next += state->next < state->argc;
	return next;
}

static void set_value(const struct parse *parse, const struct option_spec *option, char *text,
		      struct argp_state *state)
{
	void *value = (char *)parse->values + option->offset;

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)value = true;
		break;
	case OPTION_TEXT:
		*(const char **)value = text;
		break;
	case OPTION_WORD:
		parse_word(option, text, state);
		*(const char **)value = text;
		break;
	case OPTION_WORD_INDEX:
		*(unsigned *)value = (unsigned)parse_word(option, text, state);
		break;
	case OPTION_WORD_NUMBER:
		parse_word(option, text, state);
		*(unsigned *)value = (unsigned)strtoul(text, NULL, 10);
		break;
	case OPTION_COUNT:
		*(unsigned *)value = (unsigned)parse_count(option, text, state);
		break;
	case OPTION_COUNT64:
		*(uint64_t *)value = parse_count(option, text, state);
		break;
	case OPTION_SIZE:
		*(uint64_t *)value = parse_size(option, text, state);
		break;
	case OPTION_SECONDS:
		*(uint64_t *)value = parse_seconds(option, text, state);
		break;
	case OPTION_COST:
		*(const struct accept_cost **)value = parse_cost(option, text, state);
		break;
	case OPTION_JSON:
		*(const char **)value = parse_json(parse, option, text, state);
		break;
	case OPTION_OTHER:
		parse->set->other(option, text, state);
		break;
	}
}

static int key_of(const struct option_spec *options, size_t i)
{
	return options[i].letter ? options[i].letter : FIRST_KEY + (int)i;
}

static const struct option_spec *find_key(const struct option_spec *options, int key)
{
	for (size_t i = 0; options[i].name; i++) {
		if (key == key_of(options, i))
			return &options[i];
	}
	return NULL;
}

/* False: none of the options that every command has. */
static bool parse_common(int key, struct argp_state *state)
{
	switch (key) {
	case 'h':
	case '?':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return true;
	case USAGE_KEY:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		return true;
	case 'V':
		printf("cvmem %s\n", cvmem_version);
		exit(CMD_OK);
	default:
		return false;
	}
}

/* As getopt reads a word of letters after one dash. */
static void parse_letters(const struct parse *parse, char *letters, struct argp_state *state)
{
	for (; *letters; letters++) {
		const struct option_spec *option = find_key(parse->set->options, *letters);
		char *text = NULL;

		if (!option && parse_common(*letters, state))
			continue;
		if (!option)
			argp_error(state, "there is no option -%c", *letters);
		if (option->argument && option->type != OPTION_JSON) {
			text = letters[1] ? letters + 1 : state->argv[state->next];
			if (!text)
				argp_error(state, "-%c: %s is expected", *letters,
					   option->argument);
			state->next += !letters[1];
			letters += strlen(letters) - 1;
		}
		set_value(parse, option, text, state);
		if (text)
			return;
	}
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
	const struct parse *parse = state->input;
	const struct option_set *set = parse->set;
	const struct option_spec *option = find_key(set->options, key);

	/* argp resets it before each call. */
	state->input = parse->values;
	if (option) {
		set_value(parse, option, text, state);
		return 0;
	}
	if (parse_common(key, state))
		return 0;
	switch (key) {
	case ARGP_KEY_ARGS:
		if (!set->arguments)
			argp_error(state, "'%s': no argument is expected%s%s",
				   state->argv[state->next], set->where ? "; " : "",
				   set->where ? set->where : "");
		set->take(state->argv + state->next, (size_t)(state->argc - state->next),
			  parse->values);
		return 0;
	case ARGP_KEY_END:
		if (set->check)
			set->check(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void options_parse(const struct option_set *set, int argc, char **argv, void *values)
{
	struct parse parse = { set, values };
	struct argp parser = { .parser = parse_key, .args_doc = set->arguments, .doc = set->doc };
	struct argp_option *list;
	size_t count = 0;

	while (set->options[count].name)
		count++;
	list = calloc(count + sizeof(common) / sizeof(common[0]), sizeof(*list));
	if (!list)
		errx(CMD_FAILED, "no memory");
	for (size_t i = 0; i < count; i++) {
		list[i].name = set->options[i].name;
		list[i].key = key_of(set->options, i);
		list[i].arg = set->options[i].argument;
		if (set->options[i].type == OPTION_JSON)
			list[i].flags = OPTION_ARG_OPTIONAL;
		list[i].doc = set->options[i].help;
	}
	memcpy(list + count, common, sizeof(common));
	parser.options = list;
	argp_err_exit_status = CMD_USAGE;
	argp_parse(&parser, argc, argv, ARGP_NO_HELP, NULL, &parse);
	free(list);
}
