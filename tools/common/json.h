/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include "tools/mapfile/mapfile.h"

/* A number that keeps all of its digits, whatever a double would make of it. */
void json_add_number(cJSON *object, const char *name, uint64_t value);

/* What was found in a file: an object for the array of `cvmem map --json`. */
cJSON *json_file(const struct map_file *file);

/* Print and free. False if memory or the output fails. */
bool json_print(FILE *out, cJSON *value);

#endif
