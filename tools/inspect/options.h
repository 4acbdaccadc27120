/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_OPTIONS_H
#define TOOLS_INSPECT_OPTIONS_H

#include <stdbool.h>

#include "tools/common/options.h"

/* The command line of `cvmem inspect`. */
struct inspect_options {
	char **files;
	size_t count;
	const char *json; /* NULL: none; "-": standard output */
};

extern const struct option_spec inspect_option_table[];

#endif
