/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_WATCH_H
#define TOOLS_STATUS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/status/options.h"
#include "tools/status/output.h"

/* One more sample of the memory; the caller frees what memory had before. */
bool watch_sample(const struct status_options *options, struct memory_state *memory,
		  struct history *history);

/* Samples again and again; shows them on a terminal, or writes a line, an object or a file each.
 * Returns the exit status. */
int watch_run(const struct status_options *options);

/* One picture into the file, or to standard output. False, and a message, when that fails. */
bool watch_write(const struct status_options *options, const struct status *status);

#endif
