/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_WATCH_H
#define TOOLS_STATUS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/status/options.h"
#include "tools/status/output.h"

/* Adds a sample of the memory, and frees the previous one. */
bool watch_sample(const struct status_options *options, struct memory_state *memory,
		  struct history *history);

/*
 * Samples repeatedly; shows the samples on a terminal, or writes a line, an object or a file for
 * each. Returns the exit status.
 */
int watch_run(const struct status_options *options);

/* One report to the file, or to standard output. False: a message was printed. */
bool watch_write(const struct status_options *options, const struct status *status);

#endif
