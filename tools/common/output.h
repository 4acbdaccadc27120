/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_OUTPUT_H
#define TOOLS_COMMON_OUTPUT_H

#include <stdbool.h>

/*
 * Writes what is left of standard output. False: a part of it, now or before, could not be written.
 * The first such call prints a message that begins with `who`; later ones print none.
 */
bool output_flush(const char *who);

#endif
