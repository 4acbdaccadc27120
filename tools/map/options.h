/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAP_OPTIONS_H
#define TOOLS_MAP_OPTIONS_H

#include <stdbool.h>

#include "tools/common/options.h"
#include "tools/mapfile/read.h"

/* The command line of `cvmem map`. */
struct map_options {
	char **files;
	size_t count;
	const char *json; /* NULL: none; "-": standard output */
	enum map_format format;
	size_t efi_desc_size;
	const char *to, *output; /* NULL: not given */
	uint64_t number;	 /* of the map to write, from 1; 0: not given */
};

extern const struct option_spec map_option_table[];

#endif
