/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_VIEW_H
#define TOOLS_WARM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* Observations of `cvmem warm` besides the kernel's memory. root: as in guest/tree.h. */

/*
 * The share of time in which tasks wait for memory (Documentation/accounting/psi.rst, the total of
 * "some"), over the last half second or more. Begins as { 0 }.
 */
struct warm_pressure {
	bool started;
	uint64_t since_ns, total_us;
	double percent;
};

/* Percent; negative if the kernel does not report it. */
double warm_pressure_now(struct warm_pressure *pressure, const char *root, uint64_t now_ns);

/*
 * Bytes until the first limit, memory.max or memory.high, of this process's control group or an
 * ancestor (version 2). UINT64_MAX: no limit, or unknown. Memory that this process may give back
 * counts as used.
 */
uint64_t warm_group_room(const char *root);

#endif
