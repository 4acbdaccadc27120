/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_OPTIONS_H
#define TOOLS_INSPECT_OPTIONS_H

#include <stdbool.h>

#include "tools/common/options.h"
#include "tools/inspect/try.h"

/* The command line of `cvmem inspect`. */
struct inspect_options {
	char **files;
	size_t count;
	const char *json; /* NULL: none; "-": standard output */
	enum inspect_secure_boot secure_boot;
	bool try;
	struct inspect_try_options machine; /* for try */
};

extern const struct option_spec inspect_option_table[];

#endif
