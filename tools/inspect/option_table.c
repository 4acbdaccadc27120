/* SPDX-License-Identifier: MIT */
#include "tools/inspect/options.h"

const struct option_spec inspect_option_table[] = {
	{ .name = "json",
	  .letter = 'j',
	  .argument = "FILE",
	  .help = "Write JSON, in the place of text or to FILE beside it",
	  .type = OPTION_JSON,
	  .offset = offsetof(struct inspect_options, json) },
	{ .name = "secure-boot",
	  .argument = "on|off",
	  .help = "Answer for a machine with Secure Boot switched on, or off; default: for both, "
		  "where they differ",
	  .type = OPTION_OTHER },
	{ 0 },
};
