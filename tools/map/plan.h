/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAP_PLAN_H
#define TOOLS_MAP_PLAN_H

#include <stddef.h>
#include <stdint.h>
#include <cvmem/map.h>

#define PLAN_UNIT ((uint64_t)2 << 20)

/*
 * The part of a map that a loader could leave unaccepted, by the rule of Linux's EFI stub: a
 * usable range shorter than two units is accepted at once; of a longer range, the unaligned head
 * and tail are. In a map with unaccepted ranges only those count; otherwise all usable memory
 * does.
 */
struct plan {
	uint64_t unaccepted; /* bytes */
	uint64_t at_once;    /* bytes that must be accepted at once */
	size_t ranges;	     /* that have unaccepted units */
	uint64_t table;	     /* bytes of the table: header and bitmap; 0 if not needed */
};

void plan_make(const struct cvm_map *map, struct plan *plan);

#endif
