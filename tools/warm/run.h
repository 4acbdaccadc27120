/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_RUN_H
#define TOOLS_WARM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/common/options.h"
#include "tools/warm/decide.h"

/* What the user asked `cvmem warm` for. */
struct warm_options {
	struct warm_limits limits; /* keep UINT64_MAX: the usual */
	unsigned workers;
	bool quiet, json;
};

extern const struct option_spec warm_option_table[];

/* Accepts what there is to accept. Returns the exit status; a signal ends the program as it would
 * have, after all memory has been given back and the summary printed. */
int warm_run(const struct warm_options *options);

#endif
