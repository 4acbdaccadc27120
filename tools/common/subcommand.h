/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_SUBCOMMAND_H
#define TOOLS_COMMON_SUBCOMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/common/words.h"

/*
 * Another command of this program, as a process of its own: words[0] is "cvmem". Its standard input
 * is empty; what it prints, on both streams, goes to the file. False: it cannot be started; a
 * message that begins with `who` was printed. *status is that of waitpid(2).
 */
bool subcommand_run(const char *who, const struct words *words, const char *output, int *status);

/* All of a file, with a 0 behind, for the caller to free; NULL: errno. */
char *file_read(const char *path, size_t *bytes);

#endif
