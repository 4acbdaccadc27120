/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_REPORT_H
#define TOOLS_WARM_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/warm/decide.h"

/*
 * The output of `cvmem warm`: on a terminal a bar, elsewhere a line from time to time, and a
 * summary at the end. All on standard error, except the JSON of the summary.
 */
struct warm_report {
	bool quiet, bar, unicode, counted, by_module;
	const char *json; /* NULL: none; "-": standard output */
	uint64_t start_ns, shown_ns;
	uint64_t total, unaccepted_first, unaccepted;
	uint64_t held_most, available_least;
	unsigned yields[WARM_WHYS];
};

void warm_report_start(struct warm_report *report, const struct memory_state *memory, bool quiet,
		       const char *json);
void warm_report_look(struct warm_report *report, const struct warm_view *view);
/* The process is about to be stopped; what was done for that. */
void warm_report_suspend(const struct warm_report *report, const char *what);
void warm_report_yield(struct warm_report *report, const struct warm_step *step);

/* signal: 0, or the signal that ended the run. False: the output failed. */
bool warm_report_end(struct warm_report *report, enum warm_why why, int signal);

#endif
