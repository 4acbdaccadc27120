/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GUEST_MEMORY_H
#define TOOLS_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The memory statistics of a Linux kernel, in bytes unless another unit is named. Linux counts
 * unaccepted memory as free: in MemFree, in MemAvailable and in a zone's free pages.
 */

/* A populated zone, from /proc/zoneinfo. The marks are those of the page allocator: it takes no
 * page below min without reclaim, wakes kswapd at low, stops it at high, and accepts memory until
 * the free accepted memory reaches promo. */
struct memory_zone {
	unsigned node;
	char name[16];
	uint64_t free, min, low, high, promo, managed, unaccepted;
	uint64_t reserve; /* not available to allocations that a higher zone can serve */
};

/* From /sys/devices/system/node/nodeN/meminfo. */
struct memory_node {
	unsigned node;
	uint64_t total, unaccepted;
};

struct memory_state {
	bool counted; /* the kernel supports unaccepted memory: the line exists */
	uint64_t total, free, available, unaccepted;
	uint64_t scanned; /* pages that reclaim has looked at, and allocations that waited for it */
	struct memory_node *node;
	size_t nodes;
	struct memory_zone *zone;
	size_t zones;
};

/*
 * Reads the files below root; freed by memory_free(). False, with a message that names the file
 * on standard error, when /proc/meminfo is missing or makes no sense. Other files may be missing:
 * their part stays empty.
 */
bool memory_read(const char *root, struct memory_state *state);
void memory_free(struct memory_state *state);

#endif
