/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_RUN_H
#define TOOLS_WARM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/common/options.h"
#include "tools/warm/decide.h"

/* The command line of `cvmem warm`. */
struct warm_options {
	struct warm_limits limits; /* keep UINT64_MAX: the usual */
	unsigned workers;
	bool module; /* by the kernel's module */
	bool quiet;
	const char *json; /* NULL: none; "-": standard output */
};

extern const struct option_spec warm_option_table[];

/*
 * Accepts all memory that can be accepted. Returns the exit status. A signal ends the program as
 * by default, after all memory has been given back and the summary printed.
 */
int warm_run(const struct warm_options *options);

#endif
