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

#define SECOND_NS 1e9

/* Keys of options without a letter. */
enum { FIRST_KEY = 256 };

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
	char all[128] = "";
	size_t length, used = 0;
	const char *word;

	for (size_t i = 0; (word = option_word(option->argument, i, &length)); i++) {
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
	case OPTION_OTHER:
		parse->set->other(option, text, state);
		break;
	}
}

static int key_of(const struct option_spec *options, size_t i)
{
	return options[i].letter ? options[i].letter : FIRST_KEY + (int)i;
}

static error_t parse_key(int key, char *text, struct argp_state *state)
{
	const struct parse *parse = state->input;
	const struct option_set *set = parse->set;

	/* argp resets it before each call. */
	state->input = parse->values;
	for (size_t i = 0; set->options[i].name; i++) {
		if (key != key_of(set->options, i))
			continue;
		set_value(parse, &set->options[i], text, state);
		return 0;
	}
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
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		errx(CMD_FAILED, "no memory");
	for (size_t i = 0; i < count; i++) {
		list[i].name = set->options[i].name;
		list[i].key = key_of(set->options, i);
		list[i].arg = set->options[i].argument;
		list[i].doc = set->options[i].help;
	}
	parser.options = list;
	argp_parse(&parser, argc, argv, 0, NULL, &parse);
	free(list);
}
