/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "tools/commands.h"

/*
 * Writes the tables of subcommands and options for tools/completion/generate. Runs on the machine
 * that builds. Fields end at a tab; none of the texts holds one.
 */
int main(void)
{
	for (enum command_id i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		printf("command\t%s\t%s\t%s\n", command->name, command->takes_files ? "files" : "",
		       command->help);
		for (const struct option_spec *option = command->options; option->name; option++) {
			char letter[2] = { (char)option->letter };

			printf("option\t%s\t%s\t%s\t%s\t%s\t%s\n", option->name, letter,
			       option->type == OPTION_JSON ? "optional" : "",
			       option->argument ? option->argument : "",
			       option->names ? option->names : "", option->help);
		}
	}
	return ferror(stdout) || fflush(stdout);
}
