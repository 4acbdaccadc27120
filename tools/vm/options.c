/* SPDX-License-Identifier: MIT */
#include "tools/vm/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/attack.h"
#include "emu/cca/attack.h"
#include "tools/common/commands.h"
#include "tools/common/number.h"

static void add_disk(const char *file, struct argp_state *state, struct vm_options *options)
{
	if (options->disks == VM_MAX_DISKS)
		argp_error(state, "--disk: %d are the limit", VM_MAX_DISKS);
	options->disk[options->disks++] = file;
}

/* The name of the next attack that the platform has, from *kind on, and what it does. NULL: that
 * was the last one. */
static const char *next_attack(const struct vm_options *options, unsigned *kind,
			       const char **summary)
{
	while (++*kind < EMU_ATTACKS || *kind < EMU_CCA_ATTACKS) {
		const struct emu_cca_attack_info *of_cca = emu_cca_attack_info(*kind);
		const struct emu_attack_info *info = emu_attack_info(*kind);

		if (options->platform == VM_CCA) {
			if (!of_cca)
				continue;
			*summary = of_cca->summary;
			return of_cca->name;
		}
		if (!info || !(options->platform == VM_SNP ? info->snp_at : info->tdx_at))
			continue;
		*summary = info->summary;
		return info->name;
	}
	return NULL;
}

static void list_attacks(const struct vm_options *options)
{
	const char *name, *summary;
	unsigned kind = 0;

	while ((name = next_attack(options, &kind, &summary)))
		printf("%-18s %s\n", name, summary);
}

/* After all options: which attacks exist depends on the platform. */
static void check_attack(const struct vm_options *options, struct argp_state *state)
{
	const char *text = options->attack, *name, *summary;
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);
	uint64_t number = 1;
	unsigned kind = 0;
	bool known = false;

	if (!strcmp(text, "list")) {
		list_attacks(options);
		exit(CMD_OK);
	}
	while ((name = next_attack(options, &kind, &summary)))
		known |= strlen(name) == length && !strncmp(name, text, length);
	if (!known || (at && !number_parse(at + 1, 1, UINT64_MAX, &number)))
		argp_error(state,
			   "--attack: '%s' is not NAME or NAME@N, with N from 1 and NAME one "
			   "that --attack list names",
			   text);
}

/* What a Realm, or the machine `virt`, does not have. */
static void check_cca(const struct vm_options *options, struct argp_state *state)
{
	if (options->firmware)
		argp_error(state, "--platform cca has no firmware: QEMU starts the kernel, and no "
				  "firmware that is known is made for Realms");
	if (options->disks && !options->kernel && !options->demonstration && !options->exec &&
	    !options->shell)
		argp_error(state, "--platform cca boots from no disk, which needs a firmware; give "
				  "--kernel or --demo as well");
	if (options->policy)
		argp_error(state, "--policy: Linux accepts no memory lazily in a Realm");
	if (options->hot_add_bytes)
		argp_error(state, "--hot-add goes with --platform tdx and snp");
	if (options->forget || options->host_4k_only || options->cost != &accept_cost_none)
		argp_error(state, "--%s goes with --platform tdx and snp",
			   options->forget	   ? "forget-accept"
			   : options->host_4k_only ? "host-4k"
						   : "accept-cost");
}

/* Options of the other platforms. */
static void check_platform(const struct vm_options *options, struct argp_state *state)
{
	static const char *const names[] = { "tdx", "snp", "cca" };
	static const char *const exceptions[] = { "ve", "vc", "sea" };
	const unsigned platform = options->platform;

	for (unsigned i = VM_TDX; i <= VM_CCA; i++)
		if (i != platform && !strcmp(options->violation, exceptions[i]))
			argp_error(state, "--violation: %s is not of --platform %s", exceptions[i],
				   names[platform]);
	if (platform != VM_TDX && options->gpa_width)
		argp_error(state, "--gpa-width goes with --platform tdx");
	if (platform != VM_TDX && options->ve && !strcmp(options->ve, "off"))
		argp_error(state, "--ve goes with --platform tdx");
	if (platform != VM_SNP && options->c_bit)
		argp_error(state, "--c-bit goes with --platform snp");
	if (platform != VM_SNP && options->vc)
		argp_error(state, "--vc goes with --platform snp");
	if (platform != VM_SNP && options->vmpl)
		argp_error(state, "--vmpl goes with --platform snp");
	if (platform != VM_CCA && options->cpu)
		argp_error(state, "--cpu goes with --platform cca");
	if (platform != VM_CCA && options->ripas)
		argp_error(state, "--ripas goes with --platform cca");
	if (platform == VM_CCA)
		check_cca(options, state);
}

static void check_memory(const struct vm_options *options, bool demonstration,
			 struct argp_state *state)
{
	if (options->memory_bytes / options->nodes < VM_MIN_NODE_BYTES)
		argp_error(state, "--nodes: each of %u nodes needs 128M of memory", options->nodes);
	if (options->hot_add_bytes && options->print_command)
		argp_error(state, "--hot-add plugs memory in while the machine runs; "
				  "--print-command runs none");
	/* A demonstration says so on a port of its own. */
	if (options->hot_add_bytes && options->raw_console && !demonstration)
		argp_error(state, "--hot-add waits for the kernel's first line, which "
				  "--raw-console does not look for");
}

static void check_outputs(const struct vm_options *options, struct argp_state *state)
{
	const struct {
		const char *name, *path;
	} output[] = {
		{ "json", options->json },
		{ "trace", options->trace },
		{ "report", options->report },
	};

	for (unsigned i = 0; i < 3; i++) {
		const char *path = output[i].path, *other = output[(i + 1) % 3].path;

		if (path && !strcmp(path, "-"))
			argp_error(state,
				   "--%s: standard output is the guest's console; name a file",
				   output[i].name);
		if (path && other && !strcmp(path, other))
			argp_error(state, "--%s and --%s: two files are needed", output[i].name,
				   output[(i + 1) % 3].name);
	}
}

static void check(struct argp_state *state)
{
	const struct vm_options *options = state->input;
	bool demonstration = options->demonstration || options->exec || options->shell;
	bool disk_boots = options->disks && !options->kernel && !demonstration;

	check_platform(options, state);
	check_memory(options, demonstration || (!options->kernel && !options->disks), state);
	if (options->attack)
		check_attack(options, state);
	if (options->initrd && !options->kernel)
		argp_error(state, "--initrd goes with --kernel");
	if (options->initrd && options->demonstration)
		argp_error(state, "--initrd and --demo exclude each other");
	if (disk_boots && (options->append || options->policy))
		argp_error(state,
			   "--%s sets a kernel's command line; that of a kernel on a disk is "
			   "in its loader's configuration",
			   options->append ? "append" : "policy");
	if (options->plain && (options->attack || options->forget))
		argp_error(state, "--plain has no host that misbehaves");
	if (options->plain && options->json)
		argp_error(state, "--plain has no report to write as JSON");
	if (options->plain && (options->symbols || options->trace || options->report))
		argp_error(state, "--plain accepts nothing that --%s could show",
			   options->symbols ? "symbols"
			   : options->trace ? "trace"
					    : "report");
	if (options->symbols && !options->json && !options->report)
		argp_error(state, "--symbols goes into the report: give --json FILE or --report "
				  "FILE as well");
	if (options->report && options->print_command)
		argp_error(state, "--print-command boots nothing that --report could show");
	if (options->shell && (options->exec || options->initrd))
		argp_error(state, "--shell and --%s exclude each other",
			   options->exec ? "exec" : "initrd");
	if (options->exec && options->print_command)
		argp_error(state, "--print-command has no place for the output of --exec");
	if ((options->update || options->remove) && !options->setup)
		argp_error(state, "--%s goes with --setup", options->update ? "update" : "remove");
	if (options->update && options->remove)
		argp_error(state, "--update and --remove exclude each other");
	if (options->exec && options->initrd)
		argp_error(state, "--exec has an initial file system of its own");
	if (options->exec && options->raw_console)
		argp_error(state, "--exec does not show the console; --verbose does");
	if (options->verbose && !options->exec)
		argp_error(state, "--verbose goes with --exec");
	check_outputs(options, state);
}

static void parse_other(const struct option_spec *option, char *text, struct argp_state *state)
{
	struct vm_options *options = state->input;

	if (option->id == VM_OPTION_DISK)
		add_disk(text, state, options);
	else if (!number_parse(text, 1, UINT64_MAX, &options->forget))
		argp_error(state, "--forget-accept counts from 1, and '%s' is no such number",
			   text);
}

/* Cuts off what follows "--"; returns how many words remain. */
static int take_qemu_arguments(int argc, char **argv, struct vm_options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		options->qemu_arguments = argv + i + 1;
		options->qemu_argument_count = (size_t)(argc - i - 1);
		return i;
	}
	return argc;
}

void vm_options_parse(int argc, char **argv, struct vm_options *options)
{
	static const struct option_set set = {
		.options = vm_option_table,
		.where = "those of QEMU go after --",
		.doc = "Boot unmodified firmware and an unmodified kernel in an emulated TDX "
		       "or SEV-SNP guest, or an unmodified kernel as an Arm CCA Realm: QEMU "
		       "without hardware virtualisation, and a plugin that "
		       "does what the processor adds. "
		       "Without a kernel or disk it boots a demonstration that fills its memory.\v"
		       "Arguments of QEMU follow after --. "
		       "The guest's serial console is on the terminal; Ctrl-A x ends the machine. "
		       "Exit status: 0 the guest powered off, or ended as --expect says, and "
		       "touched no memory too soon, 1 anything else, 64 wrong usage, 124 --timeout "
		       "ended it; with --exec the "
		       "command's, or 125 when the machine ended before it.",
		.other = parse_other,
		.check = check,
	};

	*options = (struct vm_options){
		.memory_bytes = UINT64_C(4) << 30,
		.vcpus = 1,
		.nodes = 1,
		.violation = "stop",
		.cost = &accept_cost_none,
	};
	options_parse(&set, take_qemu_arguments(argc, argv, options), argv, options);
	if (options->exec || options->shell || (!options->kernel && !options->disks))
		options->demonstration = true;
	if (options->exec && !options->verbose)
		options->quiet = true;
	/* Two thirds of OVMF's time; but not for an ordinary machine, nor under an SVSM. */
	if (options->exec && options->platform != VM_CCA && !options->firmware && !options->plain &&
	    !options->vmpl)
		options->firmware = "shim";
}

bool vm_is_shim(const struct vm_options *options)
{
	return options->firmware && !strcmp(options->firmware, "shim");
}
