/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_VIEW_H
#define TOOLS_WARM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* What `cvmem warm` watches besides the kernel's memory. root: as in guest/tree.h. */

/* The share of time in which somebody waits for memory (Documentation/accounting/psi.rst, the
 * running total of "some"), over the last half second or more. Begins as { 0 }. */
struct warm_pressure {
	bool started;
	uint64_t since_ns, total_us;
	double percent;
};

/* Percent; negative where the kernel does not tell. */
double warm_pressure_now(struct warm_pressure *pressure, const char *root, uint64_t now_ns);

/*
 * Bytes until the first limit, memory.max or memory.high, of this process's control group or one
 * above it (version 2). UINT64_MAX: there is none, or no telling. Memory that this process may give
 * back at any time counts as used.
 */
uint64_t warm_group_room(const char *root);

#endif
