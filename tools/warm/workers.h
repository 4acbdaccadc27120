/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_WORKERS_H
#define TOOLS_WARM_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

/* Threads that take memory together, and hold it until it is given back. */
struct workers;

/* NULL, with a message on standard error, when they cannot be started. They run as idly as the
 * caller does. */
struct workers *workers_start(unsigned count);

/* Each takes its share of the bytes, one of them the small pages (hold_take()), and some none when
 * there is less than 2 MiB for each; returns when all have, or at the deadline (monotonic). How
 * many bytes; *refused as for hold_take(). */
uint64_t workers_take(struct workers *workers, unsigned node, uint64_t bytes, uint64_t small,
		      uint64_t deadline_ns, bool *refused);

/* Gives back at least `bytes`, or all that is held. */
void workers_give(struct workers *workers, uint64_t bytes);

uint64_t workers_held(const struct workers *workers);

/* Also gives everything back. */
void workers_end(struct workers *workers);

#endif
