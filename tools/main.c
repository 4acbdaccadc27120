/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include "tools/common/commands.h"

static const struct command {
	const char *name;
	const char *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "boot", "boot a confidential VM in this process, on a real memory map", cmd_boot },
	{ "inspect", "say whether kernels, firmware, loaders and disks can leave memory unaccepted",
	  cmd_inspect },
	{ "map", "read memory maps: kernel logs, E820 and EFI tables, /sys/firmware/memmap",
	  cmd_map },
	{ "status", "in a guest: how much memory is not accepted yet, and how fast it changes",
	  cmd_status },
	{ "vm", "boot unmodified firmware and Linux in an emulated TDX guest", cmd_vm },
	{ "warm", "in a guest: have the kernel accept the rest of memory in the background",
	  cmd_warm },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	fputs("Usage: cvmem COMMAND [OPTION...]\n"
	      "Lazy memory acceptance for confidential virtual machines.\n\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n  -h, --help     this text; `cvmem COMMAND --help' for one command\n"
	      "  -V, --version  the version\n",
	      out);
}

/* Levenshtein's distance, of words that are short on both sides. */
static size_t distance(const char *a, const char *b)
{
	size_t row[16], length = strlen(b);

	if (length >= 16)
		return 16;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; *a; a++, i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[length];
}

static const char *suggest(const char *name)
{
	const char *best = NULL;
	size_t nearest = 3;

	for (size_t i = 0; i < COMMANDS; i++) {
		size_t far = distance(name, commands[i].name);

		if (far >= nearest)
			continue;
		nearest = far;
		best = commands[i].name;
	}
	return best;
}

static int unknown(const char *name)
{
	const char *near = suggest(name);

	fprintf(stderr, "cvmem: there is no command '%s'", name);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fputs("\nTry `cvmem --help'.\n", stderr);
	return CMD_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
	char name[32];

	snprintf(name, sizeof(name), "cvmem %s", command->name);
	argv[0] = name;
	argp_err_exit_status = CMD_USAGE;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return CMD_OK;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("cvmem " CVMEM_VERSION);
		return CMD_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(name, commands[i].name))
			return run(&commands[i], argc - 1, argv + 1);
	}
	return unknown(name);
}
