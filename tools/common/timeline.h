/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_TIMELINE_H
#define TOOLS_COMMON_TIMELINE_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The sum of a run's accepts: how much was accepted, when, why and where. Memory is the usable
 * ranges of the machine, concatenated, in cells of equal size.
 */

#define TIMELINE_STEPS	200
#define TIMELINE_CELLS	2048
#define TIMELINE_CAUSES 16

struct timeline {
	uint64_t end_ns; /* the last moment */
	/* Accepted by cause, in total, at the end of each step. */
	uint64_t bytes[TIMELINE_STEPS][TIMELINE_CAUSES];
	uint64_t usable, cell_bytes;
	/* Accepted of each cell, by cause. */
	uint64_t cell[TIMELINE_CELLS][TIMELINE_CAUSES];
	size_t cells;	       /* in use */
	uint64_t events, lost; /* added; known to be missing */
};

/* usable: the bytes of all ranges. */
void timeline_begin(struct timeline *timeline, uint64_t usable, uint64_t end_ns);

/* An accept that was complete at ns. Its places follow, by timeline_place(). */
void timeline_add(struct timeline *timeline, uint64_t ns, uint64_t bytes, unsigned cause);

/* A part of it, by its offset in the concatenated ranges. */
void timeline_place(struct timeline *timeline, uint64_t offset, uint64_t bytes, unsigned cause);

/* After the last accept: makes totals. */
void timeline_finish(struct timeline *timeline);

uint64_t timeline_sum(const uint64_t bytes[TIMELINE_CAUSES]);

/* For the page. names: of the causes; NULL ends them. */
cJSON *timeline_json(const struct timeline *timeline, const char *const *names);

#endif
