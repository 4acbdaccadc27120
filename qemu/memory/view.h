/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_VIEW_H
#define CVMEM_QEMU_MEMORY_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What vCPUs and devices can access: three views of RAM, each with a bit for every page that is not
 * blocked. Accesses to blocked pages are caught by trapped intervals on top of RAM. Accesses to
 * other pages cost nothing.
 *
 * Unblocking changes only the bit, since every change of the intervals takes about a millisecond.
 * If an access traps although its page is not blocked, it is performed, and all intervals are
 * rebuilt.
 */
struct memory_view;

/* The two views of vCPUs, and that of devices, which see shared memory only. */
extern struct memory_view memory_private, memory_shared, memory_devices;

/* Creates all views, with all RAM blocked and nothing trapped yet. NULL, or what failed. */
const char *memory_views_create(void);
/* From now on blocked pages are trapped. */
const char *memory_views_install(void);

void memory_view_block(struct memory_view *view, uint64_t gpa, uint64_t size);
void memory_view_unblock(struct memory_view *view, uint64_t gpa, uint64_t size);
/* Traps what was blocked since the last call, and lets devices access what was unblocked: QEMU
 * gives devices pointers to RAM, but not to trapped memory. */
void memory_views_commit(void);
/* How often the intervals were rebuilt. */
uint64_t memory_views_rebuilds(void);

#endif
