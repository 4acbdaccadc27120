/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_HOLD_H
#define TOOLS_WARM_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory that a worker has taken from the kernel and holds. All of it is marked MADV_FREE: under
 * pressure the kernel reclaims it without writing. Each worker has its own; no locks.
 */

struct hold {
	struct hold_slab {
		char *start;
		size_t used; /* a multiple of 4 KiB */
		bool small;  /* made of 4 KiB pages only */
	} * slab;
	size_t slabs, room;
	uint64_t bytes; /* of all slabs */
};

/*
 * How a fault is served. Huge pages make it cheap; they are not requested where the kernel would
 * compact or reclaim memory for one.
 */
enum hold_pages {
	HOLD_SMALL,	   /* 4 KiB only */
	HOLD_AS_THEY_COME, /* huge pages where available */
	HOLD_HUGE,	   /* the same, by madvise() */
};

/* The setting of this kernel: /sys/kernel/mm/transparent_hugepage/{enabled,defrag}. */
enum hold_pages hold_pages_here(void);

/*
 * Takes and touches up to `bytes`, preferably from the node, until deadline_ns of the monotonic
 * clock; the first `small` bytes as pages of 4 KiB. Returns the bytes taken; sets *refused when
 * the kernel gave less than requested.
 */
uint64_t hold_take(struct hold *hold, enum hold_pages pages, unsigned node, uint64_t bytes,
		   uint64_t small, uint64_t deadline_ns, bool *refused);

/* Gives back at least `bytes`, or everything if less is held. */
void hold_give(struct hold *hold, uint64_t bytes);

/* Gives all back. */
void hold_free(struct hold *hold);

#endif
