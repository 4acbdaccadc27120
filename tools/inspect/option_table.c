/* SPDX-License-Identifier: MIT */
#include "tools/inspect/options.h"

const struct option_spec inspect_option_table[] = {
	{ .name = "json",
	  .letter = 'j',
	  .help = "Print JSON",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct inspect_options, json) },
	{ 0 },
};
