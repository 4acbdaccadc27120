/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include <stdbool.h>

#include "tools/common/options.h"

enum command_id {
	COMMAND_BOOT,
	COMMAND_EFI,
	COMMAND_INSPECT,
	COMMAND_MAP,
	COMMAND_POPULATE,
	COMMAND_STATUS,
	COMMAND_VM,
	COMMAND_WARM,
	COMMANDS,
};

/* The description of a subcommand. Data without code, as its options are. */
struct command {
	const char *name, *help;
	const struct option_spec *options;
	bool takes_files;
};

extern const struct command commands[COMMANDS];

#endif
