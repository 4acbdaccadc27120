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
	{ .name = "try",
	  .help = "Also boot what is named in the emulated machine of cvmem vm, as a TDX and as an "
		  "SEV-SNP guest, and answer by what happens",
	  .type = OPTION_FLAG,
	  .offset = offsetof(struct inspect_options, try) },
	{ .name = "memory",
	  .argument = "SIZE",
	  .help = "With --try: memory of the machine (default: 4G)",
	  .type = OPTION_SIZE,
	  .offset = offsetof(struct inspect_options, machine.memory_bytes),
	  .min = UINT64_C(1) << 30,
	  .max = UINT64_C(1) << 40,
	  .multiple = 1 << 20 },
	{ .name = "timeout",
	  .argument = "SECONDS",
	  .help = "With --try: when a machine that has not ended is ended (default: 300)",
	  .type = OPTION_COUNT,
	  .offset = offsetof(struct inspect_options, machine.seconds),
	  .min = 1,
	  .max = 86400 },
	{ 0 },
};
