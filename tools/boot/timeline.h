/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_TIMELINE_H
#define TOOLS_BOOT_TIMELINE_H

#include <cvmem/accept.h>
#include <cvmem/map.h>

#include "tools/common/timeline.h"

/*
 * From the library's events. power_on: the time in their clock that is 0 in the timeline, which
 * ends with the shell or the last event.
 */
void boot_timeline_make(struct timeline *timeline, const struct cvm_events *events,
			const struct cvm_map *map, uint64_t power_on, uint64_t end_ns);

cJSON *boot_timeline_json(const struct timeline *timeline);

#endif
