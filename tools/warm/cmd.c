/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "tools/common/commands.h"
#include "tools/common/number.h"
#include "tools/warm/follow.h"
#include "tools/warm/run.h"

#define MIB (UINT64_C(1) << 20)

/* "100M", "100M/s". */
static uint64_t parse_rate(const char *text, struct argp_state *state)
{
	size_t length = strlen(text);
	uint64_t bytes = 0;
	char *copy = strdup(text);
	bool ok;

	if (copy && length > 2 && !strcmp(text + length - 2, "/s"))
		copy[length - 2] = '\0';
	ok = copy && size_parse(copy, &bytes) && bytes >= MIB;
	free(copy);
	if (!ok)
		argp_error(state, "--rate: '%s' is not a size of 1M or more, such as 64M", text);
	return bytes;
}

static double parse_percent(const char *text, struct argp_state *state)
{
	char *end;
	double value = strtod(text, &end);

	/* The comparison is false for a NaN. */
	if (end == text || *end || !(value >= 0 && value <= 100))
		argp_error(state, "--max-pressure: '%s' is not a number from 0 to 100", text);
	return value;
}

static void parse_other(const struct option_spec *option, char *text, struct argp_state *state)
{
	struct warm_options *options = state->input;

	if (option->id)
		options->limits.max_pressure = parse_percent(text, state);
	else
		options->limits.rate = parse_rate(text, state);
}

static const struct warm_options defaults = {
	.limits = {
		.keep = UINT64_MAX,
		.max_pressure = 5,
		.max_cpu = 50,
		.burst = 32 * MIB,
		.park = 16 * MIB,
		.attempts = 8,
	},
	.workers = 1,
};

/* Whether an option was given that is for memory taken by this program. The module takes none. */
static bool has_option_of_taking(const struct warm_options *options)
{
	const struct warm_limits *limits = &options->limits, *usual = &defaults.limits;

	return limits->keep != usual->keep || limits->max_pressure != usual->max_pressure ||
	       limits->max_cpu != usual->max_cpu || limits->burst != usual->burst ||
	       limits->park != usual->park || options->workers != defaults.workers;
}

static void check(struct argp_state *state)
{
	const struct warm_options *options = state->input;

	if (options->module && has_option_of_taking(options))
		argp_error(state, "--module: only --rate, --attempts, --json and --quiet have a "
				  "meaning beside it");
}

int cmd_warm(int argc, char **argv)
{
	static const struct option_set set = {
		.options = warm_option_table,
		.doc = "In a confidential guest: have the kernel accept the rest of memory now, in "
		       "the background, so that no allocation has to wait for it later.\v"
		       "Exit status: 0 nothing is left to accept, also where nothing was; 1 "
		       "something is left, and standard error says why; 64 wrong usage.",
		.other = parse_other,
		.check = check,
	};
	struct warm_options options = defaults;

	options_parse(&set, argc, argv, &options);
	options.limits.slice = options.workers * 16 * MIB;
	return options.module ? warm_follow(&options) : warm_run(&options);
}
