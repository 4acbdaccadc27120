/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/*
 * Taking a range out of the allocator, a pageblock at a time: what is free becomes isolated blocks,
 * what is pending isolated ranges. If all of it was, they are forgotten; else they are put back.
 */

/* What prevents the removal of the page at gpa, which is neither free nor pending. */
static enum cvm_in_use reason_of(const struct cvm_pages *pages, uint64_t gpa)
{
	uint64_t number = page_number(pages, gpa), first;
	const struct cvm_page *page = cvm_buddy_find(pages, number, &first);

	switch (page ? block_state(page) : BLOCK_ABSENT) {
	case BLOCK_ALLOCATED:
		return CVM_IN_USE_ALLOCATED;
	case BLOCK_CACHED:
		return CVM_IN_USE_CACHED;
	case BLOCK_SHARED:
		return CVM_IN_USE_SHARED;
	case BLOCK_ISOLATED:
		return CVM_IN_USE_POPULATING;
	default:
		/* Which memory other CPUs are populating is not recorded. */
		return pages->in_flight || pages->memmap_growing ||
				       __atomic_load_n(&pages->removing, __ATOMIC_RELAXED) > 1
			       ? CVM_IN_USE_POPULATING
			       : CVM_IN_USE_OTHER;
	}
}

/* Isolate from *at on, up to `end`, one block or range; *at: where it ends. */
static int isolate(struct cvm_pages *pages, uint64_t *at, uint64_t end)
{
	uint64_t number = page_number(pages, *at), first, to = end;
	struct cvm_page *page = cvm_buddy_find(pages, number, &first);
	int error;

	if (page && block_state(page) == BLOCK_FREE) {
		*at = page_gpa(pages, cvm_buddy_isolate(pages, number, page_number(pages, end)));
		return 0;
	}
	if (page)
		return CVM_EBUSY;
	error = cvm_pending_isolate(pages, *at, &to);
	if (!error)
		*at = to;
	return error;
}

/* The end of the pageblock, so that one hold of the lock is short. */
static uint64_t step_end(uint64_t at, uint64_t end)
{
	return cvm_min(end, cvm_round_down(at, CVM_PAGEBLOCK) + CVM_PAGEBLOCK);
}

/* One isolated block is free again, or nothing. Returns where to go on. */
static uint64_t settle_block(struct cvm_pages *pages, uint64_t number, bool back)
{
	struct cvm_page *page = page_of(pages, number);
	unsigned order;

	if (!page)
		return (number | (PAGEBLOCK_PAGES - 1)) + 1;
	if (block_state(page) != BLOCK_ISOLATED)
		return number + 1;
	order = page->order;
	page_set(page, BLOCK_ABSENT, 0);
	if (back)
		cvm_buddy_put(pages, number, order);
	return number + (UINT64_C(1) << order);
}

/* All of [start, end) is isolated. */
static void settle_blocks(struct cvm_pages *pages, uint64_t start, uint64_t end, bool back)
{
	for (uint64_t at = start; at < end;) {
		uint64_t to = step_end(at, end);

		pages_lock(pages);
		while (at < to)
			at = page_gpa(pages, settle_block(pages, page_number(pages, at), back));
		pages_unlock(pages);
	}
	pages_lock(pages);
	cvm_pending_settle(pages, start, end, back);
	if (!back)
		pages->total -= (end - start) >> CVM_PAGE_SHIFT;
	pages_unlock(pages);
}

int cvm_pages_remove(struct cvm_pages *pages, uint64_t start, uint64_t end,
		     struct cvm_page_in_use *in_use)
{
	uint64_t at = start;
	int error = 0;

	if (start >= end || (start | end) % CVM_PAGE_SIZE)
		return CVM_EINVAL;
	if (start < pages->config.start || end > pages->config.end)
		return CVM_ERANGE;
	__atomic_fetch_add(&pages->removing, 1, __ATOMIC_RELAXED);
	while (at < end && !error) {
		uint64_t to = step_end(at, end);

		pages_lock(pages);
		/* A block or a range may be longer than the step, and is isolated at once. */
		while (at < to && !error)
			error = isolate(pages, &at, end);
		if (error == CVM_EBUSY && in_use) {
			in_use->where = at;
			in_use->reason = reason_of(pages, at);
		}
		pages_unlock(pages);
	}
	settle_blocks(pages, start, at, error);
	__atomic_fetch_sub(&pages->removing, 1, __ATOMIC_RELAXED);
	return error;
}
