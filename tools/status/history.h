/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_HISTORY_H
#define TOOLS_STATUS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unaccepted memory over time: the last samples, their rate, and the estimated end. */

enum { HISTORY_SAMPLES = 128 };

struct history {
	struct history_sample {
		uint64_t time_ns, unaccepted;
	} sample[HISTORY_SAMPLES]; /* a ring; the newest is sample[(count - 1) % HISTORY_SAMPLES] */
	size_t count;		   /* of all samples ever added */
};

/* Times must not decrease. Begins as { 0 }. */
void history_add(struct history *history, uint64_t time_ns, uint64_t unaccepted);

/* How many bytes became accepted in the i-th last interval, 0 the newest; 0 when there is none. */
uint64_t history_step(const struct history *history, size_t i);

/* The number of intervals available to history_step(). */
size_t history_steps(const struct history *history);

/*
 * Bytes a second over the last window_ns, or over all samples if they are shorter. *span_ns is the
 * time between the samples used; with fewer than two it is 0, and so is the rate. Memory that
 * became unaccepted counts as no progress.
 */
uint64_t history_rate(const struct history *history, uint64_t window_ns, uint64_t *span_ns);

/* Seconds until nothing is unaccepted at that rate. False: unknown. */
bool history_left(uint64_t unaccepted, uint64_t rate, uint64_t *seconds);

#endif
