/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_NUMBER_H
#define TOOLS_COMMON_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* A number in C's notation at the start of text; *rest is the text after it. */
bool number_start(const char *text, const char **rest, uint64_t *value);

/* The same for the whole text; min <= *value <= max. */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* "64G", "512 MiB" and the like; binary multiples. */
bool size_parse(const char *text, uint64_t *bytes);

#endif
