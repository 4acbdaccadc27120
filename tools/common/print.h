/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_PRINT_H
#define TOOLS_COMMON_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* "1.95 GiB" into text, which has room for 16 bytes; returns text. */
char *print_size(char *text, uint64_t bytes);

/*
 * Whether the terminal shows UTF-8, by the locale. If it does, every command draws its bars and
 * charts with blocks, else with ASCII.
 */
bool print_unicode(void);

/* One column of a chart: eighths of its height, from 0 to 8. */
void print_level(FILE *out, unsigned level, bool unicode);

/* A bar of width characters, filled to part of whole. */
void print_bar(FILE *out, uint64_t part, uint64_t whole, unsigned width, bool unicode);

#endif
