/* SPDX-License-Identifier: MIT */
#include "tools/boot/options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "tools/boot/run.h"
#include "tools/common/number.h"

/* One more accepts in the background. */
#define MAX_VCPUS (HOSTED_MAX_VCPUS - 1)

enum {
	OPT_MAP = 256,
	OPT_MEMORY,
	OPT_PLATFORM,
	OPT_POLICY,
	OPT_VCPUS,
	OPT_FIRMWARE,
	OPT_WORKLOAD,
	OPT_COST,
	OPT_COMPARE,
	OPT_4K,
	OPT_UNIT,
	OPT_JSON,
	OPT_REPORT,
	OPT_ATTACK,
};

static const struct argp_option option_list[] = {
	{ "map", OPT_MAP, "FILE", 0, "Boot on the memory map of a kernel log or binary table", 0 },
	{ "memory", OPT_MEMORY, "SIZE", 0, "Boot on a virtual machine's map of SIZE (default: 4G)",
	  0 },
	{ "platform", OPT_PLATFORM, "tdx|snp", 0, "What to emulate (default: tdx)", 0 },
	{ "policy", OPT_POLICY, "lazy|background|eager", 0,
	  "When the kernel accepts memory: on demand, also ahead of it on one vCPU more, or "
	  "everything before it starts (default: lazy)",
	  0 },
	{ "compare", OPT_COMPARE, NULL, 0, "Run every policy and compare them", 0 },
	{ "vcpus", OPT_VCPUS, "N", 0, "Virtual CPUs (default: 1)", 0 },
	{ "firmware-accepts", OPT_FIRMWARE, "SIZE|4G|all", 0,
	  "What firmware accepts: SIZE, all below 4 GiB as OVMF does, or everything as for an "
	  "OS that cannot accept (default: 128M)",
	  0 },
	{ "accept-cost", OPT_COST, "NS|NAME", 0,
	  "Nanoseconds to accept 4 KiB, or tdx (2500), snp (6100), tdx-early (8000), tdx-late "
	  "(153000), none (default: none)",
	  0 },
	{ "host-4k", OPT_4K, NULL, 0, "The host maps 4 KiB pages only", 0 },
	{ "unit", OPT_UNIT, "SIZE", 0, "Unit of the unaccepted table, 4K to 1G (default: 2M)", 0 },
	{ "workload", OPT_WORKLOAD, "FILE", 0,
	  "Recorded page allocations to replay, or a trace of cvmem vm (default: a Debian boot "
	  "to a shell)",
	  0 },
	{ "attack", OPT_ATTACK, "NAME[@N]|list", 0,
	  "The host does what NAME says, at the N-th opportunity; list names all attacks", 0 },
	{ "json", OPT_JSON, "FILE", 0, "Write the result as JSON; - is standard output", 0 },
	{ "report", OPT_REPORT, "FILE.html", 0, "Write a page with pictures of every run", 0 },
	{ 0 },
};

static void parse_cost(const char *text, struct argp_state *state, struct boot_options *options)
{
	options->cost = accept_cost_parse(text);
	if (!options->cost)
		argp_error(state, "--accept-cost: '%s' is not " ACCEPT_COST_VALUES, text);
}

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

static void parse_policy(const char *text, struct argp_state *state, struct boot_options *options)
{
	bool found = false;

	for (enum boot_policy policy = 0; policy < BOOT_POLICIES; policy++) {
		options->policies[policy] = !strcmp(text, boot_policy_name(policy));
		found |= options->policies[policy];
	}
	if (!found)
		argp_error(state, "--policy: '%s' is not one of lazy, background, eager", text);
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

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct boot_options *options = state->input;
	uint64_t value;

	switch (key) {
	case OPT_MAP:
		options->map_file = arg;
		return 0;
	case OPT_MEMORY:
		if (!size_parse(arg, &options->memory_bytes) ||
		    options->memory_bytes < UINT64_C(256) << 20 ||
		    options->memory_bytes > UINT64_C(8) << 40 || options->memory_bytes % 4096)
			argp_error(state,
				   "--memory: '%s' is not a multiple of 4K from 256M to 8T, such "
				   "as 64G",
				   arg);
		return 0;
	case OPT_PLATFORM:
		if (strcmp(arg, "tdx") && strcmp(arg, "snp"))
			argp_error(state, "--platform: '%s' is not one of tdx, snp", arg);
		options->platform = strcmp(arg, "tdx") ? HOSTED_SNP : HOSTED_TDX;
		return 0;
	case OPT_POLICY:
		parse_policy(arg, state, options);
		return 0;
	case OPT_COMPARE:
		options->compare = true;
		return 0;
	case OPT_VCPUS:
		if (!number_parse(arg, 1, MAX_VCPUS, &value))
			argp_error(state, "--vcpus: '%s' is not a number from 1 to %u", arg,
				   MAX_VCPUS);
		options->vcpus = (unsigned)value;
		return 0;
	case OPT_FIRMWARE:
		parse_firmware(arg, state, options);
		return 0;
	case OPT_COST:
		parse_cost(arg, state, options);
		return 0;
	case OPT_4K:
		options->host_4k_only = true;
		return 0;
	case OPT_UNIT:
		parse_unit(arg, state, options);
		return 0;
	case OPT_WORKLOAD:
		options->workload = arg;
		return 0;
	case OPT_JSON:
		options->json = arg;
		return 0;
	case OPT_ATTACK:
		if (!strcmp(arg, "list")) {
			boot_attack_list(stdout);
			exit(EXIT_SUCCESS);
		}
		options->attack_text = arg;
		return 0;
	case OPT_REPORT:
		options->report = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no argument is expected; a map is given by --map FILE",
			   arg);
		return 0;
	case ARGP_KEY_END:
		if (options->map_file && options->memory_bytes)
			argp_error(state, "--map and --memory exclude each other");
		if (options->attack_text)
			parse_attack(state, options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void boot_options_parse(int argc, char **argv, struct boot_options *options)
{
	static const struct argp parser = {
		.options = option_list,
		.parser = parse,
		.doc = "Boot a confidential VM in this process: firmware, loader and kernel accept "
		       "the memory of a real or synthetic map, and a recorded workload runs in "
		       "it.\v"
		       "Touching memory before it is accepted ends the run with a report of where "
		       "and why. Exit status: 0 the shell was reached (or an attack had the "
		       "documented "
		       "effect), 1 it was not, 2 wrong usage.",
	};

	*options = (struct boot_options){
		.platform = HOSTED_TDX,
		.policies = { [BOOT_LAZY] = true },
		.vcpus = 1,
		.firmware_accepts = UINT64_C(128) << 20,
		.cost = &accept_cost_none,
	};
	argp_err_exit_status = 2;
	argp_parse(&parser, argc, argv, 0, NULL, options);
	for (enum boot_policy policy = 0; policy < BOOT_POLICIES; policy++)
		options->policies[policy] |= options->compare;
	if (!options->map_file && !options->memory_bytes)
		options->memory_bytes = UINT64_C(4) << 30;
}
