/* SPDX-License-Identifier: MIT */
#include "tools/vm/options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/attack.h"
#include "tools/common/commands.h"
#include "tools/common/number.h"

enum {
	OPT_KERNEL = 256,
	OPT_INITRD,
	OPT_APPEND,
	OPT_DEMO,
	OPT_DISK,
	OPT_FIRMWARE,
	OPT_MEMORY,
	OPT_VCPUS,
	OPT_PLATFORM,
	OPT_WIDTH,
	OPT_VE,
	OPT_C_BIT,
	OPT_VC,
	OPT_VMPL,
	OPT_POLICY,
	OPT_VIOLATION,
	OPT_ATTACK,
	OPT_FORGET,
	OPT_4K,
	OPT_COST,
	OPT_JSON,
	OPT_SYMBOLS,
	OPT_TRACE,
	OPT_PLAIN,
	OPT_SETUP,
};

static const struct argp_option option_list[] = {
	{ "kernel", OPT_KERNEL, "IMAGE", 0,
	  "Boot a kernel with an EFI stub (default: a demonstration)", 0 },
	{ "initrd", OPT_INITRD, "FILE", 0, "The kernel's initial file system", 0 },
	{ "append", OPT_APPEND, "TEXT", 0,
	  "The kernel's command line (default: console=ttyS0); the demonstration's is extended",
	  0 },
	{ "demo", OPT_DEMO, NULL, 0,
	  "Boot the demonstration, with a given kernel or with disks, too", 0 },
	{ "disk", OPT_DISK, "IMAGE", 0,
	  "A disk, raw or qcow2, as virtio-blk; without a kernel the firmware boots from it", 0 },
	{ "firmware", OPT_FIRMWARE, "FILE", 0, "A build of OVMF (default: Debian's OVMF.fd)", 0 },
	{ "memory", OPT_MEMORY, "SIZE", 0, "Memory of the machine (default: 4G)", 0 },
	{ "vcpus", OPT_VCPUS, "N", 0, "Virtual CPUs (default: 1)", 0 },
	{ "platform", OPT_PLATFORM, "tdx|snp", 0, "Intel TDX (default) or AMD SEV-SNP", 0 },
	{ "gpa-width", OPT_WIDTH, "48|52|53", 0,
	  "TDX: guest physical address width, whose top bit means shared (default: 52); the MMU "
	  "ignores that of 53",
	  0 },
	{ "ve", OPT_VE, "on|off", 0,
	  "TDX: a #VE for CPUID, HLT, ports, MSRs, WBINVD and device memory (default: on)", 0 },
	{ "c-bit", OPT_C_BIT, "47|51", 0,
	  "SNP: the bit of a page-table entry that means private (default: 51)", 0 },
	{ "vc", OPT_VC, "on|off|all", 0,
	  "SNP: a #VC for instructions that KVM intercepts and for device memory (default: on), "
	  "none, or for DR7, too",
	  0 },
	{ "vmpl", OPT_VMPL, "0|1|2|3", 0,
	  "SNP: the privilege level of the guest, above 0 under an SVSM (default: 0)", 0 },
	{ "policy", OPT_POLICY, "lazy|eager", 0,
	  "When the kernel accepts memory (default: as the kernel does, lazily)", 0 },
	{ "violation", OPT_VIOLATION, "stop|ve|vc|log", 0,
	  "At an access that the hardware would not allow: stop with a report (default), "
	  "give the guest a #VE (TDX) or #VC (SNP), or log it and go on",
	  0 },
	{ "attack", OPT_ATTACK, "NAME[@N]|list", 0,
	  "The host does what NAME says, at the N-th opportunity; list names all attacks", 0 },
	{ "forget-accept", OPT_FORGET, "N", 0,
	  "The N-th accept does nothing and says that it did: to see how that is caught", 0 },
	{ "host-4k", OPT_4K, NULL, 0, "The host maps 4 KiB pages only", 0 },
	{ "accept-cost", OPT_COST, "NS|NAME", 0,
	  "Nanoseconds to accept 4 KiB, or tdx (2500), snp (6100), tdx-early (8000), tdx-late "
	  "(153000), none (default: none)",
	  0 },
	{ "json", OPT_JSON, "FILE", 0, "Write the report as JSON", 0 },
	{ "symbols", OPT_SYMBOLS, "FILE", 0,
	  "The kernel's symbols, as System.map, nm or /proc/kallsyms list them: the report says "
	  "which functions have memory accepted",
	  0 },
	{ "trace", OPT_TRACE, "FILE", 0,
	  "Write every accept and conversion to a file, which cvmem boot --workload replays", 0 },
	{ "plain", OPT_PLAIN, NULL, 0, "Boot the same machine as an ordinary one, to compare with",
	  0 },
	{ "setup", OPT_SETUP, NULL, 0,
	  "Fetch QEMU, OVMF and kernels from Debian into a cache folder, and boot nothing", 0 },
	{ 0 },
};

static void add_disk(const char *file, struct argp_state *state, struct vm_options *options)
{
	if (options->disks == VM_MAX_DISKS)
		argp_error(state, "--disk: %d are the limit", VM_MAX_DISKS);
	options->disk[options->disks++] = file;
}

static void parse_memory(const char *text, struct argp_state *state, struct vm_options *options)
{
	if (!size_parse(text, &options->memory_bytes) ||
	    options->memory_bytes < UINT64_C(256) << 20 ||
	    options->memory_bytes > UINT64_C(8) << 40 || options->memory_bytes % (1 << 20))
		argp_error(state,
			   "--memory: '%s' is not a multiple of 1M from 256M to 8T, such as 4G",
			   text);
}

static unsigned parse_count(const char *name, const char *text, unsigned max,
			    struct argp_state *state)
{
	uint64_t value = 0;

	if (!number_parse(text, 1, max, &value))
		argp_error(state, "--%s: '%s' is not a number from 1 to %u", name, text, max);
	return (unsigned)value;
}

/* One of words, which ends with NULL. */
static const char *parse_word(const char *name, const char *text, const char *const *words,
			      struct argp_state *state)
{
	char all[64] = "";

	for (size_t i = 0; words[i]; i++) {
		if (!strcmp(text, words[i]))
			return text;
		if (i)
			strcat(all, ", ");
		strcat(all, words[i]);
	}
	argp_error(state, "--%s: '%s' is not one of %s", name, text, all);
	return NULL;
}

static bool has_attack(const struct vm_options *options, enum emu_attack_kind kind)
{
	const struct emu_attack_info *info = emu_attack_info(kind);

	return options->snp ? info->snp_at : info->tdx_at;
}

static void list_attacks(const struct vm_options *options)
{
	for (enum emu_attack_kind kind = 1; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info(kind);

		if (has_attack(options, kind))
			printf("%-18s %s\n", info->name, info->summary);
	}
}

/* Behind all options: which attacks there are depends on the platform. */
static void check_attack(const struct vm_options *options, struct argp_state *state)
{
	const char *text = options->attack;
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);
	uint64_t number = 1;
	bool known = false;

	if (!strcmp(text, "list")) {
		list_attacks(options);
		exit(CMD_OK);
	}
	for (enum emu_attack_kind kind = 1; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info(kind);

		if (has_attack(options, kind) && strlen(info->name) == length &&
		    !strncmp(info->name, text, length))
			known = true;
	}
	if (!known || (at && !number_parse(at + 1, 1, UINT64_MAX, &number)))
		argp_error(state,
			   "--attack: '%s' is not NAME or NAME@N, with N from 1 and NAME one "
			   "that --attack list names",
			   text);
}

/* What the other platform has. */
static void check_platform(const struct vm_options *options, struct argp_state *state)
{
	const char *foreign = options->snp ? "ve" : "vc";

	if (!strcmp(options->violation, foreign))
		argp_error(state, "--violation: %s is not of --platform %s", foreign,
			   options->snp ? "snp" : "tdx");
	if (options->snp && options->gpa_width)
		argp_error(state, "--gpa-width goes with --platform tdx");
	if (options->snp && options->no_ve)
		argp_error(state, "--ve goes with --platform tdx");
	if (!options->snp && options->c_bit)
		argp_error(state, "--c-bit goes with --platform snp");
	if (!options->snp && options->vc)
		argp_error(state, "--vc goes with --platform snp");
	if (!options->snp && options->vmpl)
		argp_error(state, "--vmpl goes with --platform snp");
}

static void check(const struct vm_options *options, struct argp_state *state)
{
	bool disk_boots = options->disks && !options->kernel && !options->demonstration;

	check_platform(options, state);
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
	if (options->plain && (options->symbols || options->trace))
		argp_error(state, "--plain accepts nothing that --%s could tell of",
			   options->symbols ? "symbols" : "trace");
	if (options->symbols && !options->json)
		argp_error(state, "--symbols goes into the report: give --json FILE as well");
	if (options->trace && !strcmp(options->trace, "-"))
		argp_error(state, "--trace: standard output is the guest's console; name a file");
	if (options->json && !strcmp(options->json, "-"))
		argp_error(state, "--json: standard output is the guest's console; name a file");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const widths[] = { "48", "52", "53", NULL };
	static const char *const platforms[] = { "tdx", "snp", NULL };
	static const char *const bits[] = { "47", "51", NULL };
	static const char *const levels[] = { "0", "1", "2", "3", NULL };
	static const char *const switches[] = { "on", "off", NULL };
	static const char *const vcs[] = { "on", "off", "all", NULL };
	static const char *const policies[] = { "lazy", "eager", NULL };
	static const char *const violations[] = { "stop", "ve", "vc", "log", NULL };
	struct vm_options *options = state->input;

	switch (key) {
	case OPT_KERNEL:
		options->kernel = arg;
		return 0;
	case OPT_INITRD:
		options->initrd = arg;
		return 0;
	case OPT_APPEND:
		options->append = arg;
		return 0;
	case OPT_DEMO:
		options->demonstration = true;
		return 0;
	case OPT_DISK:
		add_disk(arg, state, options);
		return 0;
	case OPT_FIRMWARE:
		options->firmware = arg;
		return 0;
	case OPT_MEMORY:
		parse_memory(arg, state, options);
		return 0;
	case OPT_VCPUS:
		options->vcpus = parse_count("vcpus", arg, 64, state);
		return 0;
	case OPT_PLATFORM:
		options->snp = !strcmp(parse_word("platform", arg, platforms, state), "snp");
		return 0;
	case OPT_C_BIT:
		parse_word("c-bit", arg, bits, state);
		options->c_bit = parse_count("c-bit", arg, 51, state);
		return 0;
	case OPT_VC:
		options->vc = parse_word("vc", arg, vcs, state);
		return 0;
	case OPT_VE:
		options->no_ve = !strcmp(parse_word("ve", arg, switches, state), "off");
		return 0;
	case OPT_VMPL:
		options->vmpl = (unsigned)(*parse_word("vmpl", arg, levels, state) - '0');
		return 0;
	case OPT_WIDTH:
		parse_word("gpa-width", arg, widths, state);
		options->gpa_width = parse_count("gpa-width", arg, 53, state);
		return 0;
	case OPT_POLICY:
		options->policy = parse_word("policy", arg, policies, state);
		return 0;
	case OPT_VIOLATION:
		options->violation = parse_word("violation", arg, violations, state);
		return 0;
	case OPT_ATTACK:
		options->attack = arg;
		return 0;
	case OPT_FORGET:
		if (!number_parse(arg, 1, UINT64_MAX, &options->forget))
			argp_error(state,
				   "--forget-accept counts from 1, and '%s' is no such "
				   "number",
				   arg);
		return 0;
	case OPT_4K:
		options->host_4k_only = true;
		return 0;
	case OPT_COST:
		options->cost = accept_cost_parse(arg);
		if (!options->cost)
			argp_error(state, "--accept-cost: '%s' is not " ACCEPT_COST_VALUES, arg);
		return 0;
	case OPT_JSON:
		options->json = arg;
		return 0;
	case OPT_SYMBOLS:
		options->symbols = arg;
		return 0;
	case OPT_TRACE:
		options->trace = arg;
		return 0;
	case OPT_PLAIN:
		options->plain = true;
		return 0;
	case OPT_SETUP:
		options->setup = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no argument is expected; those of QEMU go after --", arg);
		return 0;
	case ARGP_KEY_END:
		check(options, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
	static const struct argp parser = {
		.options = option_list,
		.parser = parse,
		.args_doc = "[-- QEMU ARGUMENT...]",
		.doc = "Boot unmodified firmware and an unmodified kernel in an emulated TDX "
		       "or SEV-SNP guest: QEMU without hardware virtualisation, and a plugin that "
		       "is what the processor adds. "
		       "Without a kernel or disk it boots a demonstration that fills its memory.\v"
		       "The guest's serial console is on the terminal; Ctrl-A x ends the machine. "
		       "Exit status: 0 the guest powered off and touched no memory too soon, 1 "
		       "anything else, 2 wrong usage.",
	};

	*options = (struct vm_options){
		.memory_bytes = UINT64_C(4) << 30,
		.vcpus = 1,
		.violation = "stop",
		.cost = &accept_cost_none,
	};
	argp_err_exit_status = CMD_USAGE;
	argp_parse(&parser, take_qemu_arguments(argc, argv, options), argv, 0, NULL, options);
	if (!options->kernel && !options->disks)
		options->demonstration = true;
}
