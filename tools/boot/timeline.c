/* SPDX-License-Identifier: MIT */
#include "tools/boot/timeline.h"

_Static_assert(CVM_CAUSES <= TIMELINE_CAUSES, "a place for each cause");

/* The parts of [start, end) that the map declares usable. */
static void place(struct timeline *timeline, const struct cvm_map *map, uint64_t start,
		  uint64_t end, unsigned cause)
{
	uint64_t offset = 0; /* of the range in the concatenated ranges */

	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];
		uint64_t from = start > range->start ? start : range->start;
		uint64_t to = end < range->end ? end : range->end;

		if (range->type != CVM_MEM_RAM)
			continue;
		if (from < to)
			timeline_place(timeline, offset + from - range->start, to - from, cause);
		offset += range->end - range->start;
	}
}

void boot_timeline_make(struct timeline *timeline, const struct cvm_events *events,
			const struct cvm_map *map, uint64_t power_on, uint64_t end_ns)
{
	struct cvm_event event;
	uint64_t sequence = 1;

	timeline_begin(timeline, cvm_map_bytes(map, CVM_MEM_RAM), end_ns);
	while (cvm_events_next(events, &sequence, &event)) {
		if (event.cause >= CVM_CAUSES)
			continue;
		timeline_add(timeline, event.time + event.duration - power_on,
			     event.end - event.start, event.cause);
		place(timeline, map, event.start, event.end, event.cause);
	}
	timeline->lost = sequence - 1 - timeline->events;
	timeline_finish(timeline);
}

cJSON *boot_timeline_json(const struct timeline *timeline)
{
	const char *names[CVM_CAUSES + 1] = { NULL };

	for (unsigned cause = 0; cause < CVM_CAUSES; cause++)
		names[cause] = cvm_cause_name((enum cvm_cause)cause);
	return timeline_json(timeline, names);
}
