/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_OPTIONS_H
#define TOOLS_INSPECT_OPTIONS_H

#include <stdbool.h>

#include "tools/common/options.h"

/* What the user asked `cvmem inspect` for. */
struct inspect_options {
	char **files;
	size_t count;
	bool json;
};

extern const struct option_spec inspect_option_table[];

#endif
