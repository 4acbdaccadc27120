/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_COMMANDS_H
#define TOOLS_COMMON_COMMANDS_H

/* Exit statuses. */
enum {
	CMD_OK = 0,
	CMD_FAILED = 1, /* the work could not be done; standard error has the reason */
	CMD_USAGE = 64, /* the command line is wrong: EX_USAGE of sysexits.h */
};

/* One for each subcommand; argv[0] is "cvmem <command>". Listed in main.c. */
int cmd_boot(int argc, char **argv);
int cmd_efi(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_populate(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_vm(int argc, char **argv);
int cmd_warm(int argc, char **argv);

#endif
