/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_VIEW_H
#define CVMEM_QEMU_MEMORY_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What vCPUs and devices can reach: three views of RAM, each with a bit for every page
 * that says "blocked". Accesses to blocked pages are caught by trapped intervals laid
 * over RAM; accesses to others cost nothing.
 *
 * Unblocking changes the bit alone, since every change of the intervals costs a millisecond.
 * An access that is trapped although its bit is clear is carried out, and has all intervals
 * made anew.
 */
struct memory_view;

/* The vCPUs' two, and the devices', which is that of shared memory. */
extern struct memory_view memory_private, memory_shared, memory_devices;

/* All views, all of RAM blocked, nothing trapped yet. NULL, or what failed. */
const char *memory_views_create(void);
/* From now on blocked pages are trapped, too. */
const char *memory_views_install(void);

void memory_view_block(struct memory_view *view, uint64_t gpa, uint64_t size);
void memory_view_unblock(struct memory_view *view, uint64_t gpa, uint64_t size);
/* Trap what was blocked since the last time, and let devices at what was unblocked: QEMU
 * gives them pointers to RAM, and none to what is trapped. */
void memory_views_commit(void);
/* How often the intervals were made anew. */
uint64_t memory_views_rebuilds(void);

#endif
