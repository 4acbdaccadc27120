/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_JSON_H
#define TOOLS_COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Numbers that are written as exact 64-bit integers: cJSON's own are doubles. */
cJSON *json_new_number(uint64_t value);
void json_add_number(cJSON *object, const char *name, uint64_t value);

/* What a report begins as: an object that says which version of cvmem made it. */
cJSON *json_report(void);

/* Print and free. False if memory or the output fails. */
bool json_print(FILE *out, cJSON *value);

/*
 * Where --json writes: path is that of an OPTION_JSON. command begins the message that tells of an
 * error.
 */
bool json_to_stdout(const char *path); /* false for NULL as well */
FILE *json_open(const char *command, const char *path);
bool json_close(const char *command, const char *path, FILE *out, bool good);
/* All of it, and free. */
bool json_write(const char *command, const char *path, cJSON *value);

#endif
