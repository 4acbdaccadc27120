/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "tools/common/commands.h"
#include "tools/common/print.h"
#include "tools/status/watch.h"

#define SECOND_NS UINT64_C(1000000000)

static void check(struct argp_state *state)
{
	struct status_options *options = state->input;

	if (options->json && options->prometheus)
		argp_error(state, "--json and --prometheus exclude each other");
	if (!options->watch && options->count)
		argp_error(state, "--count goes with --watch");
	if (options->watch && options->sample_ns != UINT64_MAX)
		argp_error(state, "--sample goes without --watch, which has --interval");
	if (options->output && !*options->output)
		argp_error(state, "--output: a file's name is expected");
	/* An empty variable of a script must not make this machine the guest. */
	if (options->root && !*options->root)
		argp_error(state, "--root: a folder's name is expected");
	if (!options->root)
		options->root = "";
}

static void pause_for(uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / SECOND_NS),
				 .tv_nsec = (long)(ns % SECOND_NS) };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

/* Takes a second sample where memory is unaccepted, for the rate. */
static bool look_twice(const struct status_options *options, struct memory_state *memory,
		       struct history *history)
{
	uint64_t ns = options->sample_ns;

	if (ns == UINT64_MAX)
		ns = options->prometheus || !memory->unaccepted ? 0 : SECOND_NS;
	if (!ns)
		return true;
	pause_for(ns);
	return watch_sample(options, memory, history);
}

static int run_once(const struct status_options *options)
{
	struct history history = { 0 };
	struct memory_state memory = { 0 };
	struct machine_state machine;
	struct guest_state guest;
	struct status status = {
		.guest = &guest,
		.memory = &memory,
		.history = &history,
		.machine = &machine,
		.unicode = print_unicode(),
	};
	bool ok;

	guest_identify(options->root, &guest);
	machine_read(options->root, &machine);
	ok = watch_sample(options, &memory, &history) && look_twice(options, &memory, &history) &&
	     watch_write(options, &status);
	memory_free(&memory);
	return ok ? CMD_OK : CMD_FAILED;
}

int cmd_status(int argc, char **argv)
{
	static const struct option_set set = {
		.options = status_option_table,
		.doc = "Show what kind of confidential guest this machine is, how much of its "
		       "memory is not accepted yet, and how fast that is changing.\v"
		       "Exit status: 0 also where no memory is unaccepted, 1 when it cannot be "
		       "known, 64 wrong usage.",
		.check = check,
	};
	struct status_options options = {
		.interval_ns = SECOND_NS,
		.sample_ns = UINT64_MAX,
	};

	options_parse(&set, argc, argv, &options);
	return options.watch ? watch_run(&options) : run_once(&options);
}
