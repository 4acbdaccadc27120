/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_WATCH_H
#define TOOLS_STATUS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/status/output.h"

enum status_format { STATUS_TEXT, STATUS_JSON, STATUS_PROMETHEUS };

/* What the user asked `cvmem status` for. */
struct status_options {
	const char *root;   /* "": this machine */
	const char *output; /* NULL: standard output */
	enum status_format format;
	bool watch;
	uint64_t interval_ns; /* of watching */
	uint64_t sample_ns;   /* without it: how long to look for the rate; UINT64_MAX: not said */
	uint64_t count;	      /* of samples; 0: no end */
};

/* One more sample of the memory; the caller frees what memory had before. */
bool watch_sample(const struct status_options *options, struct memory_state *memory,
		  struct history *history);

/* Samples again and again; shows them on a terminal, or writes a line, an object or a file each.
 * Returns the exit status. */
int watch_run(const struct status_options *options);

/* One picture into the file, or to standard output. False, and a message, when that fails. */
bool watch_write(const struct status_options *options, const struct status *status);

#endif
