/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

/* The guest's steps with memory that is removed, added, added for the first time, or in a balloon.
 */

static void note(struct episode *episode, uint64_t start, uint64_t end)
{
	if (start < end && episode->removals < MAX_REMOVED)
		episode->removed[episode->removals++] = (struct cvm_span){ start, end };
}

/* I4: what the host has is in the list, and no allocator hands it out. Of a unit that came back in
 * part, some may be accepted. */
static void check_released(struct episode *episode, uint64_t start, uint64_t end)
{
	for (uint64_t gpa = start; gpa < end; gpa += 4096) {
		enum cvm_share_state state = cvm_share_state_at(&episode->share, gpa);

		if (state == CVM_CONVERTING ||
		    (state == CVM_PRIVATE && !episode->model.page[gpa / 4096].accepted))
			broken(episode, "0x%lx was released, and the list says %d", gpa, state);
		if (episode->model.page[gpa / 4096].allocated)
			broken(episode, "0x%lx was released and is allocated", gpa);
	}
}

static void do_remove(struct episode *episode)
{
	struct cvm_pages *pages = &episode->pages[roll(episode, ALLOCATORS)];
	uint64_t units = (episode->end - TABLE_BASE) / episode->unit;
	uint64_t first = roll(episode, units), count = 1 + roll(episode, MIB(8) / episode->unit);
	uint64_t start = TABLE_BASE + first * episode->unit;
	uint64_t end = first + count < units ? start + count * episode->unit : episode->end;
	struct cvm_page_in_use in_use = { 0, CVM_IN_USE_OTHER };
	struct cvm_share_result result;
	int error;

	if (episode->removals == MAX_REMOVED)
		return;
	error = cvm_pages_remove(pages, start, end, &in_use);
	say(episode, "removal of [0x%lx, 0x%lx): %d, 0x%lx for reason %d", start, end, error,
	    in_use.where, (int)in_use.reason);
	if (error == CVM_EBUSY && (in_use.where < start || in_use.where >= end))
		broken(episode, "0x%lx prevents the removal, outside the range", in_use.where);
	if (error && error != CVM_EBUSY && error != CVM_ENOMEM)
		broken(episode, "removal failed with %d", error);
	if (error)
		return;
	error = cvm_memory_release(&episode->share, start, end, &result);
	say(episode, "release: %d at 0x%lx, %lu bytes left", error, result.where, result.left);
	if (error && error != CVM_ENOSPC)
		check_error(episode, "release", error);
	check_released(episode, start, result.where);
	note(episode, start, result.where);
	/* What the host did not take is added again, unless some of it is in neither state. */
	if (error && !result.left)
		cvm_pages_add(pages, result.where, end);
}

static void do_add(struct episode *episode)
{
	unsigned i = (unsigned)roll(episode, MAX_REMOVED);
	struct cvm_span *span = &episode->removed[i];
	uint64_t where;
	int error;

	if (i >= episode->removals)
		return;
	error = cvm_memory_add(&episode->share, span->start, span->end, &where);
	say(episode, "addition of [0x%lx, 0x%lx): %d at 0x%lx", span->start, span->end, error,
	    where);
	if (error && error != CVM_ENOSPC)
		check_error(episode, "addition", error);
	if (where > span->start)
		cvm_pages_add(&episode->pages[roll(episode, ALLOCATORS)], span->start, where);
	if (span->start <= episode->known && where > episode->known)
		episode->known = where;
	span->start = where;
	if (span->start == span->end)
		*span = episode->removed[--episode->removals];
}

/* Memory that was never there, beyond the table. */
static void do_hot_add(struct episode *episode)
{
	struct cvm_table_plan plan;
	uint64_t where;
	int error;

	if (episode->end == RAM_BYTES)
		return;
	if (cvm_memory_add(&episode->share, HOT_BASE, RAM_BYTES, &where) != CVM_ERANGE)
		broken(episode, "memory beyond the table was added");
	error = cvm_table_plan_grown(episode->acceptor.config.table, RAM_BYTES, &plan);
	if (!error)
		error = cvm_acceptor_grow(&episode->acceptor, &plan, episode->table[1],
					  CVM_TABLE_HEADER + KIB(1), episode->claims[1]);
	say(episode, "the table grows: %d", error);
	if (error) {
		broken(episode, "the table does not grow: %d", error);
		return;
	}
	episode->end = RAM_BYTES;
	error = cvm_memory_add(&episode->share, HOT_BASE, RAM_BYTES, &where);
	say(episode, "hot-add: %d at 0x%lx", error, where);
	if (error)
		check_error(episode, "hot-add", error);
	if ((where != RAM_BYTES) != (error != 0))
		broken(episode, "hot-add ended at 0x%lx with %d", where, error);
	if (where > HOT_BASE)
		cvm_pages_add(&episode->pages[1], HOT_BASE, where);
	episode->known = where;
	note(episode, where, RAM_BYTES);
}

static void do_balloon(struct episode *episode)
{
	bool inflate = roll(episode, 2);
	uint64_t bytes = (1 + roll(episode, 4)) * episode->unit, done;
	int error = inflate ? cvm_balloon_inflate(&episode->balloon, bytes, &done)
			    : cvm_balloon_deflate(&episode->balloon, bytes, &done);

	say(episode, "the balloon %s %lu bytes: %d after %lu", inflate ? "gives" : "takes", bytes,
	    error, done);
	if (done > bytes)
		broken(episode, "the balloon moved %lu bytes of %lu", done, bytes);
	if (error && error != CVM_ENOMEM && error != CVM_ENOSPC)
		check_error(episode, "the balloon", error);
	for (size_t i = 0; i < episode->balloon.count; i++)
		check_released(episode, episode->balloon_units[i],
			       episode->balloon_units[i] + episode->unit);
}

void hotplug_step(struct episode *episode)
{
	switch (roll(episode, 8)) {
	case 0:
	case 1:
	case 2:
		do_remove(episode);
		break;
	case 3:
	case 4:
		do_add(episode);
		break;
	case 5:
		do_hot_add(episode);
		break;
	default:
		do_balloon(episode);
	}
}
