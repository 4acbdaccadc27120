/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/commands.h"
#include "tools/common/commands.h"
#include "tools/common/output.h"
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
	      "one command\n"
	      "  -V, --version  the version\n"
	      "\nA command line that is wrong ends with status 64.\n",
	      out);
}

static const char *suggest(const char *word)
{
	const char *names[COMMANDS];

	for (enum command_id i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	return suggest_name(word, names, COMMANDS);
}

static int unknown(const char *word)
{
	const char *near = suggest(word);

	fprintf(stderr, "cvmem: there is no %s '%s'", *word == '-' ? "option" : "command", word);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fputs("\nTry `cvmem --help'.\n", stderr);
	return CMD_USAGE;
}

static bool is_one_of(const char *word, const char *long_name, const char *short_name)
{
	return !strcmp(word, long_name) || !strcmp(word, short_name);
}

/* What messages begin with. */
static char name[32] = "cvmem";

/* Of a pipe, by poll(2); what it has not read is not waited for. */
static bool is_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

/* Output that is lost is a failure, whichever way the program ends: argp ends it after --help. */
static void check_output(int status, void *unused)
{
	(void)unused;
	if (!is_reader_gone() && !output_flush(name) && !status)
		_exit(CMD_FAILED);
}

static int run(enum command_id id, int argc, char **argv)
{
	snprintf(name, sizeof(name), "cvmem %s", commands[id].name);
	argv[0] = name;
	return entry[id](argc, argv);
}

static bool find(const char *word, enum command_id *id)
{
	for (enum command_id i = 0; i < COMMANDS; i++) {
		if (strcmp(word, commands[i].name))
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
	const char *word = argc > 1 ? argv[1] : NULL;
	enum command_id id;

	on_exit(check_output, NULL);
	if (!word) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (find(word, &id))
		return run(id, argc - 1, argv + 1);
	if (!strcmp(word, "help") || is_one_of(word, "--help", "-h"))
		return help(argv[2]);
	if (is_one_of(word, "--version", "-V") || !strcmp(word, "version")) {
		printf("cvmem %s\n", cvmem_version);
		return CMD_OK;
	}
	return unknown(word);
}
