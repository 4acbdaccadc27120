/* SPDX-License-Identifier: MIT */
#include "tools/inspect/options.h"

const struct option_spec inspect_option_table[] = {
	{ .name = "json",
	  .letter = 'j',
	  .argument = "FILE",
	  .help = "Write JSON, in the place of text or to FILE beside it",
	  .type = OPTION_JSON,
	  .offset = offsetof(struct inspect_options, json) },
	{ 0 },
};
