/* SPDX-License-Identifier: MIT */
#include "tools/common/timeline.h"

#include <string.h>

#include "tools/common/json.h"

#define UNIT (UINT64_C(2) << 20)

uint64_t timeline_sum(const uint64_t bytes[TIMELINE_CAUSES])
{
	uint64_t sum = 0;

	for (unsigned cause = 0; cause < TIMELINE_CAUSES; cause++)
		sum += bytes[cause];
	return sum;
}

void timeline_begin(struct timeline *timeline, uint64_t usable, uint64_t end_ns)
{
	memset(timeline, 0, sizeof(*timeline));
	timeline->usable = usable;
	timeline->cell_bytes = (usable + TIMELINE_CELLS - 1) / TIMELINE_CELLS;
	timeline->cell_bytes = (timeline->cell_bytes + UNIT - 1) / UNIT * UNIT;
	timeline->cells = (usable + timeline->cell_bytes - 1) / timeline->cell_bytes;
	timeline->end_ns = end_ns ? end_ns : 1;
}

void timeline_add(struct timeline *timeline, uint64_t ns, uint64_t bytes, unsigned cause)
{
	uint64_t step = ns >= timeline->end_ns ? TIMELINE_STEPS - 1
					       : ns * TIMELINE_STEPS / timeline->end_ns;

	timeline->events++;
	timeline->bytes[step][cause] += bytes;
}

void timeline_place(struct timeline *timeline, uint64_t offset, uint64_t bytes, unsigned cause)
{
	while (bytes) {
		uint64_t cell = offset / timeline->cell_bytes;
		uint64_t part = (cell + 1) * timeline->cell_bytes - offset;

		if (part > bytes)
			part = bytes;
		timeline->cell[cell][cause] += part;
		offset += part;
		bytes -= part;
	}
}

void timeline_finish(struct timeline *timeline)
{
	uint64_t at[TIMELINE_CAUSES] = { 0 };

	for (unsigned step = 0; step < TIMELINE_STEPS; step++) {
		for (unsigned cause = 0; cause < TIMELINE_CAUSES; cause++) {
			at[cause] += timeline->bytes[step][cause];
			timeline->bytes[step][cause] = at[cause];
		}
	}
}

/* By cause, for each cause with accepted bytes: the total at the end of each step. */
static cJSON *steps_json(const struct timeline *timeline, const char *const *names)
{
	cJSON *causes = cJSON_CreateObject();

	for (unsigned cause = 0; names[cause]; cause++) {
		cJSON *steps;

		if (!timeline->bytes[TIMELINE_STEPS - 1][cause])
			continue;
		steps = cJSON_AddArrayToObject(causes, names[cause]);
		for (size_t step = 0; step < TIMELINE_STEPS; step++)
			cJSON_AddItemToArray(steps, json_new_number(timeline->bytes[step][cause]));
	}
	return causes;
}

static cJSON *cells_json(const struct timeline *timeline, const char *const *names)
{
	cJSON *cells = cJSON_CreateArray();

	for (size_t i = 0; i < timeline->cells; i++) {
		cJSON *cell = cJSON_CreateObject();

		for (unsigned cause = 0; names[cause]; cause++) {
			if (timeline->cell[i][cause])
				json_add_number(cell, names[cause], timeline->cell[i][cause]);
		}
		cJSON_AddItemToArray(cells, cell);
	}
	return cells;
}

cJSON *timeline_json(const struct timeline *timeline, const char *const *names)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddNumberToObject(object, "end_seconds", (double)timeline->end_ns / 1e9);
	json_add_number(object, "steps", TIMELINE_STEPS);
	cJSON_AddItemToObject(object, "bytes", steps_json(timeline, names));
	json_add_number(object, "usable_bytes", timeline->usable);
	json_add_number(object, "cell_bytes", timeline->cell_bytes);
	cJSON_AddItemToObject(object, "cells", cells_json(timeline, names));
	json_add_number(object, "events", timeline->events);
	json_add_number(object, "lost", timeline->lost);
	return object;
}
