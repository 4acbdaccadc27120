/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_PRINT_H
#define TOOLS_COMMON_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* "1.95 GiB" into text, which has room for 16 bytes; returns text. */
char *print_size(char *text, uint64_t bytes);

/* A bar of width characters, filled to part of whole. unicode: the terminal shows UTF-8. */
void print_bar(FILE *out, uint64_t part, uint64_t whole, unsigned width, bool unicode);

#endif
