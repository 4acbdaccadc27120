/* SPDX-License-Identifier: MIT */
#include "tools/boot/timeline.h"

#include <string.h>

#define UNIT (UINT64_C(2) << 20)

uint64_t timeline_sum(const uint64_t bytes[CVM_CAUSES])
{
	uint64_t sum = 0;

	for (unsigned cause = 0; cause < CVM_CAUSES; cause++)
		sum += bytes[cause];
	return sum;
}

/* Adds [start, end) to the cells that it overlaps. */
static void add_to_cells(struct timeline *timeline, const struct cvm_map *map, uint64_t start,
			 uint64_t end, unsigned cause)
{
	uint64_t offset = 0; /* of the range in the concatenated ranges */

	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];
		uint64_t from = start > range->start ? start : range->start;
		uint64_t to = end < range->end ? end : range->end;

		if (range->type != CVM_MEM_RAM)
			continue;
		while (from < to) {
			uint64_t at = offset + from - range->start;
			uint64_t cell = at / timeline->cell_bytes;
			uint64_t part = (cell + 1) * timeline->cell_bytes - at;

			if (part > to - from)
				part = to - from;
			timeline->cell[cell][cause] += part;
			from += part;
		}
		offset += range->end - range->start;
	}
}

void timeline_make(struct timeline *timeline, const struct cvm_events *events,
		   const struct cvm_map *map, uint64_t power_on, uint64_t end_ns)
{
	uint64_t sequence = 1, at[CVM_CAUSES] = { 0 };
	struct cvm_event event;

	memset(timeline, 0, sizeof(*timeline));
	timeline->usable = cvm_map_bytes(map, CVM_MEM_RAM);
	timeline->cell_bytes = (timeline->usable + TIMELINE_CELLS - 1) / TIMELINE_CELLS;
	timeline->cell_bytes = (timeline->cell_bytes + UNIT - 1) / UNIT * UNIT;
	timeline->cells = (timeline->usable + timeline->cell_bytes - 1) / timeline->cell_bytes;
	timeline->end_ns = end_ns ? end_ns : 1;
	while (cvm_events_next(events, &sequence, &event)) {
		uint64_t ns = event.time + event.duration - power_on;
		uint64_t step = ns >= timeline->end_ns ? TIMELINE_STEPS - 1
						       : ns * TIMELINE_STEPS / timeline->end_ns;

		if (event.cause >= CVM_CAUSES)
			continue;
		timeline->events++;
		timeline->bytes[step][event.cause] += event.end - event.start;
		add_to_cells(timeline, map, event.start, event.end, event.cause);
	}
	timeline->lost = sequence - 1 - timeline->events;
	for (unsigned step = 0; step < TIMELINE_STEPS; step++) {
		for (unsigned cause = 0; cause < CVM_CAUSES; cause++) {
			at[cause] += timeline->bytes[step][cause];
			timeline->bytes[step][cause] = at[cause];
		}
	}
}
