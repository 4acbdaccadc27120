/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/common/commands.h"
#include "tools/common/number.h"
#include "tools/status/watch.h"

#define SECOND_NS UINT64_C(1000000000)

enum {
	OPT_ROOT = 256,
	OPT_SAMPLE,
	OPT_COUNT,
};

static const struct argp_option option_list[] = {
	{ "watch", 'w', NULL, 0,
	  "Go on: on a terminal a live view until nothing is left, q ends it; else a line for each "
	  "sample",
	  0 },
	{ "interval", 'i', "SECONDS", 0, "Between the samples of --watch (default: 1)", 0 },
	{ "count", OPT_COUNT, "N", 0, "End --watch after N samples", 0 },
	{ "sample", OPT_SAMPLE, "SECONDS", 0,
	  "Without --watch: how long to look for the rate (default: 1 where memory is unaccepted, "
	  "but 0 with --prometheus)",
	  0 },
	{ "json", 'j', NULL, 0, "Write JSON; with --watch an object for each sample", 0 },
	{ "prometheus", 'p', NULL, 0, "Write metrics for node-exporter's textfile collector", 0 },
	{ "output", 'o', "FILE", 0,
	  "Write to a file, which is replaced at once when all is written", 0 },
	{ "root", OPT_ROOT, "DIR", 0, "Read DIR/proc and DIR/sys instead of this machine's", 0 },
	{ 0 },
};

static uint64_t parse_seconds(const char *name, const char *text, double least,
			      struct argp_state *state)
{
	char *end;
	double value = strtod(text, &end);

	/* Not nan either. */
	if (end == text || *end || !(value >= least && value <= 1e6))
		argp_error(state, "--%s: '%s' is not a number of seconds from %g to 1000000", name,
			   text, least);
	return (uint64_t)(value * (double)SECOND_NS);
}

static void set_format(struct status_options *options, enum status_format format,
		       struct argp_state *state)
{
	if (options->format != STATUS_TEXT && options->format != format)
		argp_error(state, "--json and --prometheus exclude each other");
	options->format = format;
}

static void check(const struct status_options *options, struct argp_state *state)
{
	if (!options->watch && options->count)
		argp_error(state, "--count goes with --watch");
	if (options->watch && options->sample_ns != UINT64_MAX)
		argp_error(state, "--sample goes without --watch, which has --interval");
	if (options->output && !*options->output)
		argp_error(state, "--output: a file's name is expected");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct status_options *options = state->input;

	switch (key) {
	case 'w':
		options->watch = true;
		return 0;
	case 'i':
		options->interval_ns = parse_seconds("interval", arg, 0.01, state);
		return 0;
	case OPT_COUNT:
		if (!number_parse(arg, 1, UINT64_MAX, &options->count))
			argp_error(state, "--count: '%s' is not a number from 1", arg);
		return 0;
	case OPT_SAMPLE:
		options->sample_ns = parse_seconds("sample", arg, 0, state);
		return 0;
	case 'j':
		set_format(options, STATUS_JSON, state);
		return 0;
	case 'p':
		set_format(options, STATUS_PROMETHEUS, state);
		return 0;
	case 'o':
		options->output = arg;
		return 0;
	case OPT_ROOT:
		options->root = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no argument is expected", arg);
		return 0;
	case ARGP_KEY_END:
		check(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void pause_for(uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / SECOND_NS),
				 .tv_nsec = (long)(ns % SECOND_NS) };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* A second sample where there is something to see. */
static bool look_twice(const struct status_options *options, struct memory_state *memory,
		       struct history *history)
{
	uint64_t ns = options->sample_ns;

	if (ns == UINT64_MAX)
		ns = options->format == STATUS_PROMETHEUS || !memory->unaccepted ? 0 : SECOND_NS;
	if (!ns)
		return true;
	pause_for(ns);
	return watch_sample(options, memory, history);
}

static int run_once(const struct status_options *options)
{
	struct history history = { 0 };
	struct memory_state memory = { 0 };
	struct guest_state guest;
	struct status status = { .guest = &guest, .memory = &memory, .history = &history };
	bool ok;

	guest_identify(options->root, &guest);
	ok = watch_sample(options, &memory, &history) && look_twice(options, &memory, &history) &&
	     watch_write(options, &status);
	memory_free(&memory);
	return ok ? CMD_OK : CMD_FAILED;
}

int cmd_status(int argc, char **argv)
{
	static const struct argp parser = {
		.options = option_list,
		.parser = parse,
		.doc = "Show what kind of confidential guest this machine is, how much of its "
		       "memory is not accepted yet, and how fast that is changing.\v"
		       "Exit status: 0 also where no memory is unaccepted, 1 when it cannot be "
		       "known, 2 wrong usage.",
	};
	struct status_options options = {
		.root = "",
		.interval_ns = SECOND_NS,
		.sample_ns = UINT64_MAX,
	};

	argp_parse(&parser, argc, argv, 0, NULL, &options);
	return options.watch ? watch_run(&options) : run_once(&options);
}
