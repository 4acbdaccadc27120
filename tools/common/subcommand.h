/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_SUBCOMMAND_H
#define TOOLS_COMMON_SUBCOMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/common/words.h"

/*
 * Another command of this program, as a process of its own: words[0] is "cvmem". Its standard input
 * is empty; what it prints, on both streams, goes to the file. *status is that of waitpid(2).
 *
 * SIGHUP, SIGINT and SIGTERM that come meanwhile, and are not ignored, are passed on to it.
 *
 * False: it cannot be started, and a message that begins with `who` was printed; or it has ended
 * after such a signal: the caller removes its files, and calls subcommand_end().
 */
bool subcommand_run(const char *who, const struct words *words, const char *output, int *status);

/* Ends this process by the signal that the last run was told of. Returns if there was none. */
void subcommand_end(void);

/* All of a file, with a 0 behind, for the caller to free; NULL: errno. */
char *file_read(const char *path, size_t *bytes);

#endif
