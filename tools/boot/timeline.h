/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_TIMELINE_H
#define TOOLS_BOOT_TIMELINE_H

#include <cvmem/accept.h>
#include <cvmem/map.h>

/*
 * The sum of a run's events: how much was accepted, when, why and where. Memory is the usable
 * ranges of the map, concatenated, in cells of equal size.
 */

#define TIMELINE_STEPS 200
#define TIMELINE_CELLS 2048

struct timeline {
	uint64_t end_ns; /* the shell, or the last event */
	/* Accepted by cause, in total, at the end of each step. */
	uint64_t bytes[TIMELINE_STEPS][CVM_CAUSES];
	uint64_t usable, cell_bytes;
	/* Accepted of each cell, by cause. */
	uint64_t cell[TIMELINE_CELLS][CVM_CAUSES];
	size_t cells;	       /* in use */
	uint64_t events, lost; /* read; overwritten in the ring */
};

/* power_on: the time in the events' clock that is 0 in the timeline. */
void timeline_make(struct timeline *timeline, const struct cvm_events *events,
		   const struct cvm_map *map, uint64_t power_on, uint64_t end_ns);

uint64_t timeline_sum(const uint64_t bytes[CVM_CAUSES]);

#endif
