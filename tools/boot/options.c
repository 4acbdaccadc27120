/* SPDX-License-Identifier: MIT */
#include "tools/boot/options.h"

#include <stdlib.h>
#include <string.h>

#include "tools/boot/run.h"
#include "tools/common/number.h"

static void parse_firmware(const char *text, struct argp_state *state, struct boot_options *options)
{
	if (!strcmp(text, "all"))
		options->firmware_accepts = BOOT_FIRMWARE_ALL;
	else if (!strcasecmp(text, "4G"))
		options->firmware_accepts = BOOT_FIRMWARE_BELOW_4G;
	else if (!size_parse(text, &options->firmware_accepts) ||
		 options->firmware_accepts < UINT64_C(4) << 20)
		argp_error(state,
			   "--firmware-accepts: '%s' is not a size of at least 4M, 4G or all",
			   text);
}

static void parse_unit(const char *text, struct argp_state *state, struct boot_options *options)
{
	uint64_t bytes;

	if (!size_parse(text, &bytes) || bytes < CVM_UNIT_MIN || bytes > CVM_UNIT_MAX ||
	    bytes & (bytes - 1))
		argp_error(state, "--unit: '%s' is not a power of two from 4K to 1G", text);
	options->unit_size = (uint32_t)bytes;
}

static void parse_attack(struct argp_state *state, struct boot_options *options)
{
	char names[512];

	if (boot_attack_find(options->attack_text, options->platform, &options->attack)) {
		if (!options->attack.known_here)
			argp_error(state, "--attack: %s does not exist on %s", options->attack.name,
				   options->platform == HOSTED_SNP ? "snp" : "tdx");
		return;
	}
	boot_attack_names(names, sizeof(names));
	argp_error(state, "--attack: '%s' is not NAME or NAME@N, with N from 1 and NAME one of %s",
		   options->attack_text, names);
}

static void parse_other(const struct option_spec *option, char *text, struct argp_state *state)
{
	struct boot_options *options = state->input;

	switch (option->id) {
	case BOOT_OPTION_FIRMWARE:
		parse_firmware(text, state, options);
		break;
	case BOOT_OPTION_UNIT:
		parse_unit(text, state, options);
		break;
	default:
		if (!strcmp(text, "list")) {
			boot_attack_list(stdout);
			exit(EXIT_SUCCESS);
		}
		options->attack_text = text;
	}
}

static void check(struct argp_state *state)
{
	struct boot_options *options = state->input;

	if (options->map_file && options->memory_bytes)
		argp_error(state, "--map and --memory exclude each other");
	/* Which attacks exist depends on the platform. */
	if (options->attack_text)
		parse_attack(state, options);
}

void boot_options_parse(int argc, char **argv, struct boot_options *options)
{
	static const struct option_set set = {
		.options = boot_option_table,
		.where = "a map is given by --map FILE",
		.doc = "Boot a confidential VM in this process: firmware, loader and kernel accept "
		       "the memory of a real or synthetic map, and a recorded workload runs in "
		       "it.\v"
		       "Touching memory before it is accepted ends the run with a report of where "
		       "and why. Exit status: 0 the shell was reached (or an attack had the "
		       "documented effect), 1 it was not, 64 wrong usage.",
		.other = parse_other,
		.check = check,
	};

	*options = (struct boot_options){
		.platform = HOSTED_TDX,
		.policy = BOOT_LAZY,
		.vcpus = 1,
		.firmware_accepts = UINT64_C(128) << 20,
		.cost = &accept_cost_none,
	};
	options_parse(&set, argc, argv, options);
	for (enum boot_policy policy = 0; policy < BOOT_POLICIES; policy++)
		options->policies[policy] = options->compare || policy == options->policy;
	if (!options->map_file && !options->memory_bytes)
		options->memory_bytes = UINT64_C(4) << 30;
}
