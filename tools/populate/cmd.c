/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/populate/measure.h"
#include "tools/populate/watch.h"

/* Of cvmem vm's SNP guests: family 25, model 17, stepping 1. */
#define VM_SIG 0xa10f11

static void check(struct argp_state *state)
{
	const struct populate_options *options = state->input;

	if (options->model && (options->backing || options->advise))
		argp_error(state, "--backing and --advise are not for --model: it has no host");
	if (!options->model && options->memory > POPULATE_MAX_MEMORY)
		argp_error(state, "--memory: the test VM has at most 2G");
	if (options->watch && (options->model || options->backing || options->advise))
		argp_error(state,
			   "--watch measures a VM that runs: --model, --backing and --advise "
			   "are not for it");
	if (!options->model && options->firmware)
		argp_error(state, "--firmware needs --model");
	if (!options->model && options->platform)
		argp_error(state, "--platform needs --model");
}

/* Each guest has read what it wrote. */
static bool is_fine(const struct result *result)
{
	bool any = false;

	for (size_t i = 0; i < result->rows; i++) {
		if (!result->row[i].missing && !result->row[i].content)
			return false;
		any |= !result->row[i].missing;
	}
	return any;
}

int cmd_populate(int argc, char **argv)
{
	static const struct option_set set = {
		.options = populate_option_table,
		.doc = "On a host: what it is worth to give a VM its memory before the guest "
		       "touches it. Builds a test VM on this host's KVM for each kind of memory, "
		       "populates the host's side, the guest's mapping (stage 2), both or "
		       "nothing, and counts the guest's violations.\v"
		       "Exit status: 0 it was measured; 1 it was not, or a guest read what it "
		       "had not written; 64 wrong usage.",
		.check = check,
	};
	static struct result result;
	struct populate_options options = { .vcpus = 2, .vcpu_sig = VM_SIG };

	options_parse(&set, argc, argv, &options);
	if (options.watch)
		return populate_watch(&options);
	if (options.model)
		return populate_model(&options);
	if (!measure_all(&options, &result))
		return CMD_FAILED;
	if (options.json && !populate_json(&result))
		return CMD_FAILED;
	if (!json_to_stdout(options.json)) {
		populate_print(stdout, &result);
		if (options.advise)
			populate_advise(stdout, &result);
	}
	return is_fine(&result) ? CMD_OK : CMD_FAILED;
}
