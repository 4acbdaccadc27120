/* SPDX-License-Identifier: MIT */
#include "tools/warm/run.h"

#define AT(member) offsetof(struct warm_options, member)
#define MIB	   (UINT64_C(1) << 20)

const struct option_spec warm_option_table[] = {
	{ .name = "rate",
	  .argument = "SIZE",
	  .help = "Limit the acceptance rate in bytes a second, such as 200M or 200M/s (default: "
		  "no "
		  "limit)",
	  .type = OPTION_OTHER },
	{ .name = "max-cpu",
	  .argument = "PERCENT",
	  .help = "Time of a CPU for each worker, 1 to 100 (default: 50; 100: no rests)",
	  .type = OPTION_COUNT,
	  .offset = AT(limits.max_cpu),
	  .min = 1,
	  .max = 100 },
	{ .name = "max-pressure",
	  .argument = "PERCENT",
	  .help = "Give everything back when tasks wait for memory during more of the time "
		  "than "
		  "this (default: 5)",
	  .type = OPTION_OTHER,
	  .id = 1 },
	{ .name = "keep",
	  .argument = "SIZE",
	  .help = "Take nothing when less memory is available (default: 1/32 of memory, at most "
		  "1G)",
	  .type = OPTION_SIZE,
	  .offset = AT(limits.keep),
	  .max = UINT64_MAX - 1 },
	{ .name = "workers",
	  .letter = 'w',
	  .argument = "N",
	  .help = "Threads that accept at the same time (default: 1)",
	  .type = OPTION_COUNT,
	  .offset = AT(workers),
	  .min = 1,
	  .max = 1024 },
	{ .name = "burst",
	  .argument = "SIZE",
	  .help = "How much to accept between two rests (default: 32M)",
	  .type = OPTION_SIZE,
	  .offset = AT(limits.burst),
	  .min = MIB,
	  .max = UINT64_MAX },
	{ .name = "park",
	  .argument = "SIZE",
	  .help = "How much accepted memory to leave free in a rest, for others to take without "
		  "having to accept (default: 16M)",
	  .type = OPTION_SIZE,
	  .offset = AT(limits.park),
	  .max = UINT64_MAX },
	{ .name = "attempts",
	  .argument = "N",
	  .help = "Retries without progress before giving up, at growing intervals (default: 8)",
	  .type = OPTION_COUNT,
	  .offset = AT(limits.attempts),
	  .max = 1000000 },
	{ .name = "json",
	  .letter = 'j',
	  .help = "Write what was done as JSON at the end",
	  .type = OPTION_FLAG,
	  .offset = AT(json) },
	{ .name = "quiet",
	  .letter = 'q',
	  .help = "Print nothing unless something is left",
	  .type = OPTION_FLAG,
	  .offset = AT(quiet) },
	{ 0 },
};
