/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tools/commands.h"
#include "tools/common/commands.h"
#include "tools/common/suggest.h"
#include "tools/common/version.h"

static int (*const entry[COMMANDS])(int argc, char **argv) = {
	[COMMAND_BOOT] = cmd_boot,
	[COMMAND_EFI] = cmd_efi,
	[COMMAND_INSPECT] = cmd_inspect,
	[COMMAND_MAP] = cmd_map,
	[COMMAND_POPULATE] = cmd_populate,
	[COMMAND_STATUS] = cmd_status,
	[COMMAND_VM] = cmd_vm,
	[COMMAND_WARM] = cmd_warm,
};

static void print_help(FILE *out)
{
	fputs("Usage: cvmem COMMAND [OPTION...]\n"
	      "Lazy memory acceptance for confidential virtual machines.\n\n"
	      "Commands:\n",
	      out);
	for (enum command_id i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n  -h, --help     this text; `cvmem help COMMAND' or `cvmem COMMAND --help' for "
	      "one "
	      "command\n"
	      "  -V, --version  the version\n"
	      "\nA command line that is wrong ends with status 64.\n",
	      out);
}

static const char *suggest(const char *name)
{
	const char *names[COMMANDS];

	for (enum command_id i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	return suggest_name(name, names, COMMANDS);
}

static int unknown(const char *name)
{
	const char *near = suggest(name);

	fprintf(stderr, "cvmem: there is no %s '%s'", *name == '-' ? "option" : "command", name);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fputs("\nTry `cvmem --help'.\n", stderr);
	return CMD_USAGE;
}

static bool is_one_of(const char *word, const char *long_name, const char *short_name)
{
	return !strcmp(word, long_name) || !strcmp(word, short_name);
}

static int run(enum command_id id, int argc, char **argv)
{
	char name[32];

	snprintf(name, sizeof(name), "cvmem %s", commands[id].name);
	argv[0] = name;
	return entry[id](argc, argv);
}

static bool find(const char *name, enum command_id *id)
{
	for (enum command_id i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i].name))
			continue;
		*id = i;
		return true;
	}
	return false;
}

/* The text of `cvmem help' with what follows it. */
static int help(const char *about)
{
	static char option[] = "--help";
	char *argv[] = { NULL, option, NULL };
	enum command_id id;

	if (about && find(about, &id))
		return run(id, 2, argv);
	if (about && strcmp(about, "help") && *about != '-')
		return unknown(about);
	print_help(stdout);
	return CMD_OK;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	enum command_id id;

	if (!name) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (find(name, &id))
		return run(id, argc - 1, argv + 1);
	if (!strcmp(name, "help") || is_one_of(name, "--help", "-h"))
		return help(argv[2]);
	if (is_one_of(name, "--version", "-V") || !strcmp(name, "version")) {
		printf("cvmem %s\n", cvmem_version);
		return CMD_OK;
	}
	return unknown(name);
}
