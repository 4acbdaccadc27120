/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_PRINT_H
#define TOOLS_PRINT_H

#include <stdint.h>
#include <stdio.h>
#include "tools/mapfile/mapfile.h"

/* "1.95 GiB" into text, which has room for 16 bytes; returns text. */
char *print_size(char *text, uint64_t bytes);

/* What was found in a file, for people. */
void print_file(FILE *out, const struct map_file *file);

#endif
