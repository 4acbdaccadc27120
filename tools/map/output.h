/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAP_OUTPUT_H
#define TOOLS_MAP_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "tools/mapfile/mapfile.h"

/* The maps and warnings of a file, as text. */
void map_print(FILE *out, const struct map_file *file);

/* The same as an object for the array of `cvmem map --json`. */
cJSON *map_json(const struct map_file *file);

#endif
