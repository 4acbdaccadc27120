/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_OUTPUT_H
#define TOOLS_STATUS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/common/known.h"
#include "tools/guest/guest.h"
#include "tools/guest/memory.h"
#include "tools/status/history.h"
#include "tools/status/machine.h"

/* The input of every output format, at one moment. */
struct status {
	const struct guest_state *guest;
	const struct memory_state *memory;
	const struct history *history;
	bool unicode; /* the terminal shows UTF-8; for text only */
	const struct machine_state *machine;
};

/* Maximum averaging window of the rate. */
#define STATUS_RATE_WINDOW_NS UINT64_C(15000000000)

/* Text of at most `columns` (at least 40) characters a line. */
void status_text(FILE *out, const struct status *status, unsigned columns);

/* "2 min 3 s" into text, which has room for 24 bytes; returns it. */
char *status_duration(char *text, uint64_t seconds);

/* One sentence that explains why no memory is unaccepted; NULL when some is. */
const char *status_nothing(const struct status *status);

/* The next row behind `last` of what the versions of kernel and firmware are known for; NULL: no
 * more. */
const struct known_bad *status_known(const struct status *status, const struct known_bad *last);

/* False when memory or the output fails. */
bool status_json(FILE *out, const struct status *status);

/* The text format of node-exporter's textfile collector, version 0.0.4 of Prometheus. */
bool status_prometheus(FILE *out, const struct status *status);

#endif
