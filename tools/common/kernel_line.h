/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TOOLS_COMMON_KERNEL_LINE_H
#define CVMEM_TOOLS_COMMON_KERNEL_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Linux's command line, read as Linux reads it (lib/cmdline.c, next_arg(); kernel/params.c): a
 * blank between quotation marks ends no word, marks around a word or a value do not belong to it,
 * '-' and '_' are the same in a name, and what follows "--" is for init.
 */

/*
 * The next "name=value" from *line on, as a string of at most `size` bytes with its end in `value`;
 * *line moves behind it. Of several, Linux uses the last one that it understands.
 * False: there is none, and `value` is as it was.
 */
bool kernel_line_next(const char **line, const char *name, char *value, size_t size);

#endif
