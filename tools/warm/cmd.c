/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/commands.h"
#include "tools/common/number.h"
#include "tools/warm/run.h"

#define MIB (UINT64_C(1) << 20)

enum {
	OPT_RATE = 256,
	OPT_CPU,
	OPT_PRESSURE,
	OPT_KEEP,
	OPT_BURST,
	OPT_PARK,
	OPT_ATTEMPTS,
};

static const struct argp_option option_list[] = {
	{ "rate", OPT_RATE, "SIZE", 0,
	  "Accept no more than so much in a second (default: no limit)", 0 },
	{ "max-cpu", OPT_CPU, "PERCENT", 0,
	  "Time of a CPU for each worker, 1 to 100 (default: 50; 100: no rests)", 0 },
	{ "max-pressure", OPT_PRESSURE, "PERCENT", 0,
	  "Give everything back when somebody waits for memory during more of the time than this "
	  "(default: 5)",
	  0 },
	{ "keep", OPT_KEEP, "SIZE", 0,
	  "Take nothing when less memory is available (default: 1/32 of memory, 1G at most)", 0 },
	{ "workers", 'w', "N", 0, "Threads (default: 1)", 0 },
	{ "burst", OPT_BURST, "SIZE", 0, "Accept so much between two rests (default: 32M)", 0 },
	{ "park", OPT_PARK, "SIZE", 0,
	  "Leave so much accepted memory free in a rest, for others to take without having to "
	  "accept (default: 16M)",
	  0 },
	{ "attempts", OPT_ATTEMPTS, "N", 0,
	  "Come back so often without any progress, at growing intervals (default: 8)", 0 },
	{ "json", 'j', NULL, 0, "Write what was done as JSON in the end", 0 },
	{ "quiet", 'q', NULL, 0, "Say nothing unless something is left", 0 },
	{ 0 },
};

/* "100M", "100M/s". */
static uint64_t parse_size(const char *name, const char *text, uint64_t least,
			   struct argp_state *state)
{
	size_t length = strlen(text);
	uint64_t bytes = 0;
	char *copy = strdup(text);
	bool ok;

	if (copy && !strcmp(name, "rate") && length > 2 && !strcmp(text + length - 2, "/s"))
		copy[length - 2] = '\0';
	ok = copy && size_parse(copy, &bytes) && bytes >= least;
	free(copy);
	if (!ok)
		argp_error(state, "--%s: '%s' is not a size of %s, such as 64M", name, text,
			   least ? "1M or more" : "0 or more");
	return bytes;
}

static unsigned parse_count(const char *name, const char *text, unsigned least, unsigned most,
			    struct argp_state *state)
{
	uint64_t value = 0;

	if (!number_parse(text, least, most, &value))
		argp_error(state, "--%s: '%s' is not a number from %u to %u", name, text, least,
			   most);
	return (unsigned)value;
}

static double parse_percent(const char *text, struct argp_state *state)
{
	char *end;
	double value = strtod(text, &end);

	/* Not nan either. */
	if (end == text || *end || !(value >= 0 && value <= 100))
		argp_error(state, "--max-pressure: '%s' is not a number from 0 to 100", text);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct warm_options *options = state->input;
	struct warm_limits *limits = &options->limits;

	switch (key) {
	case OPT_RATE:
		limits->rate = parse_size("rate", arg, MIB, state);
		return 0;
	case OPT_CPU:
		limits->max_cpu = parse_count("max-cpu", arg, 1, 100, state);
		return 0;
	case OPT_PRESSURE:
		limits->max_pressure = parse_percent(arg, state);
		return 0;
	case OPT_KEEP:
		limits->keep = parse_size("keep", arg, 0, state);
		options->keep_given = true;
		return 0;
	case 'w':
		options->workers = parse_count("workers", arg, 1, 1024, state);
		return 0;
	case OPT_BURST:
		limits->burst = parse_size("burst", arg, MIB, state);
		return 0;
	case OPT_PARK:
		limits->park = parse_size("park", arg, 0, state);
		return 0;
	case OPT_ATTEMPTS:
		limits->attempts = parse_count("attempts", arg, 0, 1000000, state);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no argument is expected", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_warm(int argc, char **argv)
{
	static const struct argp parser = {
		.options = option_list,
		.parser = parse,
		.doc = "In a confidential guest: have the kernel accept the rest of memory now, in "
		       "the background, so that no allocation has to wait for it later.\v"
		       "Exit status: 0 nothing is left to accept, also where nothing was; 1 "
		       "something is left, and standard error says why; 2 wrong usage.",
	};
	struct warm_options options = {
		.limits = {
			.max_pressure = 5,
			.max_cpu = 50,
			.burst = 32 * MIB,
			.park = 16 * MIB,
			.attempts = 8,
		},
		.workers = 1,
	};

	argp_parse(&parser, argc, argv, 0, NULL, &options);
	options.limits.slice = options.workers * 16 * MIB;
	return warm_run(&options);
}
