/* SPDX-License-Identifier: MIT */
#include "tests/adversary/shrink.h"

#include <string.h>

/* Try without [first, first + count). */
static bool without(struct episode_plan *plan, uint8_t *skip, unsigned first, unsigned count,
		    struct episode_result *result)
{
	uint8_t saved[EPISODE_STEPS];
	struct episode_result now;

	memcpy(saved, skip, sizeof(saved));
	memset(skip + first, 1, count);
	if (memcmp(saved, skip, sizeof(saved)) && episode_run(plan, &now) &&
	    now.end == END_BROKEN) {
		*result = now;
		return true;
	}
	memcpy(skip, saved, sizeof(saved));
	return false;
}

void shrink(struct episode_plan *plan, uint8_t skip[EPISODE_STEPS], struct episode_result *result)
{
	bool verbose = plan->verbose, smaller = true;

	plan->skip = skip;
	plan->verbose = false;
	/* Nothing after the step that broke it matters. */
	plan->steps = result->steps;
	while (smaller) {
		smaller = false;
		for (unsigned count = plan->steps; count; count /= 2)
			for (unsigned first = 0; first + count <= plan->steps; first += count)
				smaller |= without(plan, skip, first, count, result);
	}
	plan->verbose = verbose;
}
