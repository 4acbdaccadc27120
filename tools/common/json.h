/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_JSON_H
#define TOOLS_COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A number that is written as an exact 64-bit integer: cJSON's own are doubles. */
void json_add_number(cJSON *object, const char *name, uint64_t value);

/* Print and free. False if memory or the output fails. */
bool json_print(FILE *out, cJSON *value);

#endif
