/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_WORKERS_H
#define TOOLS_WARM_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

/* Threads that take memory together, and hold it until it is given back. */
struct workers;

/* NULL, after a message: they cannot be started. They inherit the caller's scheduling policy. */
struct workers *workers_start(unsigned count);

/*
 * Each takes a share of the bytes, of at least 2 MiB, so some may take none; the first takes the
 * small pages (hold_take()). Returns the bytes taken, when all are done or at the deadline
 * (monotonic); *refused as for hold_take().
 */
uint64_t workers_take(struct workers *workers, unsigned node, uint64_t bytes, uint64_t small,
		      uint64_t deadline_ns, bool *refused);

/* Gives back at least `bytes`, or all that is held. */
void workers_give(struct workers *workers, uint64_t bytes);

uint64_t workers_held(const struct workers *workers);

/* Also gives everything back. */
void workers_end(struct workers *workers);

#endif
