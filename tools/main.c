/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/common/commands.h"
#include "tools/common/version.h"

static int (*const entry[COMMANDS])(int argc, char **argv) = {
	[COMMAND_BOOT] = cmd_boot,     [COMMAND_INSPECT] = cmd_inspect, [COMMAND_MAP] = cmd_map,
	[COMMAND_STATUS] = cmd_status, [COMMAND_VM] = cmd_vm,		[COMMAND_WARM] = cmd_warm,
};

static void print_help(FILE *out)
{
	fputs("Usage: cvmem COMMAND [OPTION...]\n"
	      "Lazy memory acceptance for confidential virtual machines.\n\n"
	      "Commands:\n",
	      out);
	for (enum command_id i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n  -h, --help     this text; `cvmem COMMAND --help' for one command\n"
	      "  -V, --version  the version\n",
	      out);
}

/* Levenshtein's distance between two short words. */
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

	for (enum command_id i = 0; i < COMMANDS; i++) {
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

static int run(enum command_id id, int argc, char **argv)
{
	char name[32];

	snprintf(name, sizeof(name), "cvmem %s", commands[id].name);
	argv[0] = name;
	argp_err_exit_status = CMD_USAGE;
	return entry[id](argc, argv);
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
		printf("cvmem %s\n", cvmem_version);
		return CMD_OK;
	}
	for (enum command_id i = 0; i < COMMANDS; i++) {
		if (!strcmp(name, commands[i].name))
			return run(i, argc - 1, argv + 1);
	}
	return unknown(name);
}
