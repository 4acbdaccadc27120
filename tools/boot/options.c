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

static void parse_populates(const char *text, struct argp_state *state,
			    struct boot_options *options)
{
	options->host_populates = true;
	options->populate_bytes = UINT64_MAX;
	if (strcmp(text, "all") && !size_parse(text, &options->populate_bytes))
		argp_error(state, "--host-populates: '%s' is neither a size nor all", text);
}

/* Whole units: check() knows how large they are. */
static void parse_hot_add(const char *text, struct argp_state *state, struct boot_options *options)
{
	const char *at = strchr(text, '@');
	char size[32];
	int length = at ? (int)(at - text) : (int)strlen(text);
	char *end = NULL;

	snprintf(size, sizeof(size), "%.*s", length, text);
	options->hot_add_at = 0;
	if (at && at[1] >= '1' && at[1] <= '9')
		options->hot_add_at = strtoull(at + 1, &end, 10);
	if (length >= (int)sizeof(size) || !size_parse(size, &options->hot_bytes) ||
	    !options->hot_bytes || options->hot_bytes > UINT64_C(8) << 40 ||
	    (at && (!end || *end || options->hot_add_at > UINT64_MAX / 2)))
		argp_error(state,
			   "--hot-add: '%s' is not SIZE or SIZE@N, with SIZE up to 8T and N from 1",
			   text);
}

/* SIZE@N or SIZE@N..M */
static void parse_giveback(const char *option, const char *text, struct argp_state *state,
			   struct boot_giveback *what)
{
	const char *at = strchr(text, '@');
	char size[32], rest = 0;
	unsigned long long from = 0, to = 0;
	int count = 0;

	if (at && at[1] >= '1' && at[1] <= '9') {
		snprintf(size, sizeof(size), "%.*s", (int)(at - text), text);
		count = sscanf(at + 1, "%19llu..%19llu%c", &from, &to, &rest);
		if (count == 1 && strspn(at + 1, "0123456789") != strlen(at + 1))
			count = 0;
	}
	what->from = from;
	what->to = to;
	if ((count != 1 && (count != 2 || to <= from)) || at - text >= (int)sizeof(size) ||
	    !size_parse(size, &what->bytes) || !what->bytes || what->bytes > UINT64_C(8) << 40)
		argp_error(state,
			   "--%s: '%s' is not SIZE@N or SIZE@N..M, with SIZE up to 8T, N from 1 "
			   "and M above N",
			   option, text);
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
	case BOOT_OPTION_POPULATES:
		parse_populates(text, state, options);
		break;
	case BOOT_OPTION_UNIT:
		parse_unit(text, state, options);
		break;
	case BOOT_OPTION_HOT_ADD:
		parse_hot_add(text, state, options);
		break;
	case BOOT_OPTION_HOT_REMOVE:
		parse_giveback(option->name, text, state, &options->remove);
		break;
	case BOOT_OPTION_BALLOON:
		parse_giveback(option->name, text, state, &options->balloon);
		break;
	default:
		if (!strcmp(text, "list")) {
			boot_attack_list(stdout);
			exit(EXIT_SUCCESS);
		}
		options->attack_text = text;
	}
}

/* Before the stages begin, the kernel in the machine converts memory itself: a MapGPA call, or as
 * many requests by the GHCB page. The first MapGPA call of the stages is for all of their bounce
 * buffer. */
enum { OWN_MAP_GPA = 1, OWN_PSC = 4 };

static void default_opportunity(struct boot_options *options)
{
	struct boot_attack *attack = &options->attack;

	if (!attack->bounce_bytes || strchr(options->attack_text, '@'))
		return;
	if (options->platform == HOSTED_SNP)
		attack->at += OWN_PSC;
	else
		attack->at = OWN_MAP_GPA + 1;
}

/* What the machine of cvmem vm does not have. */
static void check_vm(struct argp_state *state, const struct boot_options *options)
{
	if (options->map_file)
		argp_error(state,
			   "--map needs --engine process: QEMU makes the map of its machine");
	if (options->report)
		argp_error(state, "--report needs --engine process; --trace of cvmem vm records "
				  "acceptance in the machine");
	if (options->attack.map != MAP_ATTACK_NONE)
		argp_error(state, "--attack: %s needs --engine process", options->attack.name);
	/* Before the stages the firmware makes calls, and not always as many. */
	if (options->start == BOOT_FROM_EFI && options->attack_text)
		argp_error(state, "--attack: not with --start efi: the firmware's calls would be "
				  "attacked");
	if (options->hot_bytes % BOOT_ENGINE_VM_DIMM)
		argp_error(state, "--hot-add: not a multiple of 128M, as --engine vm needs");
	if (options->remove.bytes || options->balloon.bytes)
		argp_error(state, "--%s needs --engine process",
			   options->remove.bytes ? "hot-remove" : "balloon");
	if (options->vcpus >= BOOT_ENGINE_VM_VCPUS)
		argp_error(state, "--vcpus: %u is not from 1 to %u, as --engine vm needs",
			   options->vcpus, BOOT_ENGINE_VM_VCPUS - 1);
	if (options->memory_bytes % (1 << 20))
		argp_error(state, "--memory: not a multiple of 1M, as --engine vm needs");
}

static void check_units(struct argp_state *state, const char *option, uint64_t bytes)
{
	const struct boot_options *options = state->input;

	if (bytes % (options->unit_size ? options->unit_size : CVM_UNIT_DEFAULT))
		argp_error(state, "--%s: the size is not a multiple of the table's unit", option);
}

static void check(struct argp_state *state)
{
	struct boot_options *options = state->input;

	if (options->map_file && options->memory_bytes)
		argp_error(state, "--map and --memory exclude each other");
	check_units(state, "hot-add", options->hot_bytes);
	check_units(state, "hot-remove", options->remove.bytes);
	check_units(state, "balloon", options->balloon.bytes);
	if (options->kexecs && (options->compare || options->policy == BOOT_BACKGROUND))
		argp_error(state,
			   "--kexec: not with policy background: its acceptor would not stop");
	if (options->kexecs && options->hot_bytes)
		argp_error(state, "--kexec and --hot-add exclude each other");
	if (options->kexecs && (options->remove.bytes || options->balloon.bytes))
		argp_error(state, "--kexec and --%s exclude each other",
			   options->remove.bytes ? "hot-remove" : "balloon");
	if (options->host_populates &&
	    (options->attack_text || options->hot_bytes || options->remove.bytes ||
	     options->balloon.bytes || options->engine == BOOT_ENGINE_VM))
		argp_error(state, "--host-populates: not with --attack, --hot-add, --hot-remove, "
				  "--balloon or --engine vm: its host is another one");
	if (options->host_populates && options->vcpus >= BOOT_KVM_VCPUS)
		argp_error(state, "--vcpus: %u is not from 1 to %u, as --host-populates needs",
			   options->vcpus, BOOT_KVM_VCPUS - 1);
	/* Which attacks exist depends on the platform. */
	if (options->attack_text)
		parse_attack(state, options);
	if (options->bounce_bytes & (options->bounce_bytes - 1))
		argp_error(state, "--bounce: the size is not a power of two");
	if (!options->bounce_bytes)
		options->bounce_bytes = options->attack.bounce_bytes;
	if (options->engine == BOOT_ENGINE_VM) {
		check_vm(state, options);
		default_opportunity(options);
	} else if (options->start == BOOT_FROM_EFI) {
		argp_error(state, "--start efi needs --engine vm");
	} else if (options->vm_arguments) {
		argp_error(state, "options of cvmem vm after -- need --engine vm");
	}
}

static int take_vm_arguments(int argc, char **argv, struct boot_options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		options->vm_arguments = argv + i + 1;
		return i;
	}
	return argc;
}

void boot_options_parse(int argc, char **argv, struct boot_options *options)
{
	static const struct option_set set = {
		.options = boot_option_table,
		.where = "a map is given by --map FILE",
		.doc = "Boot a confidential VM in this process: firmware, loader and kernel accept "
		       "the memory of a real or synthetic map, and a recorded workload runs in "
		       "it.\v"
		       "With --engine vm the stages run as a kernel of its own in the machine of "
		       "cvmem vm, not in this process; options of cvmem vm follow after --, and "
		       "those of QEMU after another one. "
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
	options_parse(&set, take_vm_arguments(argc, argv, options), argv, options);
	for (enum boot_policy policy = 0; policy < BOOT_POLICIES; policy++)
		options->policies[policy] =
			(options->compare && policy != BOOT_ON_FAULT) || policy == options->policy;
	if (!options->map_file && !options->memory_bytes)
		options->memory_bytes = UINT64_C(4) << 30;
}
