/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/*
 * Population: pending memory gets descriptors, is accepted and becomes free blocks; and the call
 * that says when it is time for that. The functions need the lock, except those of the interface;
 * those that accept drop it meanwhile.
 */

/* After an error of cvm_accept(): is it about the range itself, or about its guard alone? */
static bool is_rejected(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return cvm_table_any(pages_table(pages), start, end);
}

/* When no whole pageblock is pending: the largest free block that holds enough descriptors. */
static bool take_free(struct cvm_pages *pages, uint64_t *start, uint64_t *size)
{
	for (unsigned order = CVM_PAGEBLOCK_ORDER; order >= MEMMAP_MIN_ORDER; order--) {
		uint64_t number = cvm_buddy_take(pages, order);

		if (number == CVM_NO_PAGE)
			continue;
		*start = page_gpa(pages, number);
		*size = CVM_PAGE_SIZE << order;
		return true;
	}
	return false;
}

/* More room for descriptors. CVM_ENOMEM: no memory is left for it. */
static int memmap_grow(struct cvm_pages *pages)
{
	uint64_t start, size = CVM_PAGEBLOCK;
	int error;

	CVM_ASSERT_HELD(&pages->lock);
	if (pages->memmap_growing) {
		/* Another CPU is growing it: wait. */
		pages_unlock(pages);
		cvm_relax(&pages->host, CVM_WAIT_PAGES, 0);
		pages_lock(pages);
		return 0;
	}
	if (pages->config.removable)
		return CVM_ENOMEM;
	if (!cvm_pending_take_top(pages, &start) && !take_free(pages, &start, &size))
		return CVM_ENOMEM;
	pages->memmap_growing = true;
	pages_unlock(pages);
	error = cvm_accept(pages->config.acceptor, start, start + size, CVM_CAUSE_MEMMAP);
	/* Without the guard descriptors can be used: only the allocator reads them. */
	if (error && !is_rejected(pages, start, start + size))
		error = 0;
	pages_lock(pages);
	pages->memmap_growing = false;
	if (error) {
		pages->failed += size >> CVM_PAGE_SHIFT;
		return error;
	}
	pages->memmap_pages += size >> CVM_PAGE_SHIFT;
	pages->memmap = (uintptr_t)start + pages->config.direct_map;
	pages->memmap_end = pages->memmap + size;
	return 0;
}

/* The room that cvm_pages_populate() keeps ahead, while more memory than that is pending. */
#define MEMMAP_AHEAD	   (4 * MEMMAP_FOR_PAGEBLOCK)
#define MEMMAP_AHEAD_PAGES (4 * PAGEBLOCK_PAGES)

static int make_room(struct cvm_pages *pages)
{
	while (!memmap_has_room(pages)) {
		int error = memmap_grow(pages);

		if (error)
			return error;
	}
	return 0;
}

/* For page_of() without the lock. */
#define publish(slot, value) __atomic_store_n(slot, value, __ATOMIC_RELEASE)

/* Descriptors for the pageblock that holds gpa, all absent; make_room() was called. */
static void describe(struct cvm_pages *pages, uint64_t gpa)
{
	uint64_t number = page_number(pages, gpa);
	struct cvm_page ***pageblocks = &pages->index[number >> CVM_MAX_ORDER];
	struct cvm_page **pageblock;

	if (!*pageblocks)
		publish(pageblocks,
			memmap_alloc(pages, PAGEBLOCK_PAGES * sizeof(struct cvm_page *)));
	pageblock = &(*pageblocks)[number >> CVM_PAGEBLOCK_ORDER & (PAGEBLOCK_PAGES - 1)];
	if (!*pageblock)
		publish(pageblock, memmap_alloc(pages, PAGEBLOCK_PAGES * sizeof(struct cvm_page)));
}

static bool is_described(const struct cvm_pages *pages, uint64_t gpa)
{
	return page_of(pages, page_number(pages, gpa)) != NULL;
}

bool cvm_pages_set_watermark(struct cvm_pages *pages, uint64_t below, void (*call)(void *ctx),
			     void *ctx)
{
	bool armed;

	pages_lock(pages);
	armed = pages->free_pages << CVM_PAGE_SHIFT >= below;
	pages->watermark_pages = armed ? below >> CVM_PAGE_SHIFT : 0;
	pages->watermark_call = call;
	pages->watermark_ctx = ctx;
	pages_unlock(pages);
	return armed;
}

struct watermark_hook cvm_pages_watermark_due(struct cvm_pages *pages)
{
	struct watermark_hook hook;

	CVM_ASSERT_HELD(&pages->lock);
	hook.call = NULL;
	hook.ctx = NULL;
	if (pages->free_pages < pages->watermark_pages) {
		pages->watermark_pages = 0;
		hook.call = pages->watermark_call;
		hook.ctx = pages->watermark_ctx;
	}
	return hook;
}

static int accept_unlocked(struct cvm_pages *pages, uint64_t start, uint64_t end,
			   enum cvm_cause cause)
{
	struct watermark_hook hook = cvm_pages_watermark_due(pages);
	int error;

	pages->in_flight++;
	pages_unlock(pages);
	if (hook.call)
		hook.call(hook.ctx);
	error = cvm_accept(pages->config.acceptor, start, end, cause);
	pages_lock(pages);
	pages->in_flight--;
	return error;
}

/* A pending part, which has descriptors, becomes free blocks. It is accepted up to `accept`. */
static int populate_part(struct cvm_pages *pages, uint64_t start, uint64_t end, uint64_t accept,
			 enum cvm_cause cause)
{
	int error;

	if (!cvm_pending_cut(pages, start, end))
		return CVM_ENOMEM;
	error = accept_unlocked(pages, start, accept, cause);
	if (error) {
		uint64_t lost = is_rejected(pages, start, accept) ? start : end;

		/* The guard alone costs the page that needs it. */
		if (lost == end && end == accept)
			lost -= CVM_PAGE_SIZE;
		cvm_buddy_put_range(pages, start, lost);
		pages->failed += (end - lost) >> CVM_PAGE_SHIFT;
		return lost > start ? 0 : error;
	}
	CVM_ASSERT(!cvm_is_unaccepted(pages->config.acceptor, start, end));
	cvm_buddy_put_range(pages, start, end);
	return 0;
}

/* Nothing is pending. */
static int wait_for_others(struct cvm_pages *pages)
{
	if (!pages->in_flight)
		return CVM_ENOMEM;
	/* What another CPU is populating may be enough for both. */
	pages_unlock(pages);
	cvm_relax(&pages->host, CVM_WAIT_PAGES, 0);
	pages_lock(pages);
	return 0;
}

/* The next pending part, with room for its descriptors. */
static int find_part(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
		     uint64_t *end)
{
	enum cvm_found found;
	int error;

	for (;;) {
		found = cvm_pending_next(pages, order, small, start, end);
		if (found == CVM_FOUND_NONE)
			return CVM_ENOMEM;
		if (found == CVM_FOUND_MORE) {
			pages_unlock(pages);
			pages_lock(pages);
			continue;
		}
		if (memmap_has_room(pages))
			return 0;
		if (is_described(pages, *start) &&
		    cvm_is_unaccepted(pages->config.acceptor, *start, *end))
			return 0;
		error = memmap_grow(pages);
		if (error == CVM_ENOMEM && is_described(pages, *start))
			return 0;
		/* Without room for descriptors the last part cannot be used either. */
		if (error)
			return error;
	}
}

/*
 * No allocation pays for more than one unit. find_part() therefore makes room for descriptors
 * together with a part that is accepted already, and the part that uses the last room leaves
 * such a part behind: its upper half.
 */
static uint64_t lower_half(uint64_t start, uint64_t end)
{
	return end - start == CVM_PAGE_SIZE
		       ? end
		       : cvm_round_up(start + (end - start) / 2, CVM_PAGE_SIZE);
}

/* Populate the next part, with a block of the order if possible; the caller tries again.
 * CVM_ENOMEM: there is nothing left that fits. */
static int populate_next(struct cvm_pages *pages, unsigned order)
{
	uint64_t start, end, whole;
	int error = find_part(pages, order, order < CVM_PAGEBLOCK_ORDER, &start, &whole);
	bool had_room = memmap_has_room(pages);

	if (error == CVM_ENOMEM)
		return wait_for_others(pages);
	if (error)
		return error;
	describe(pages, start);
	end = whole;
	if (order < CVM_PAGEBLOCK_ORDER - 1 && had_room && !memmap_has_room(pages))
		end = lower_half(start, whole);
	return populate_part(pages, start, end, whole, CVM_CAUSE_PAGES);
}

int cvm_pages_populate(struct cvm_pages *pages, enum cvm_cause cause, uint64_t *bytes)
{
	uint64_t start, end;
	int error = CVM_ENOMEM;

	*bytes = 0;
	pages_lock(pages);
	/* Room first, so that no allocation has to wait for it. */
	if (pages->memmap_end - pages->memmap < MEMMAP_AHEAD && !pages->memmap_growing &&
	    pages->pending_pages > MEMMAP_AHEAD_PAGES)
		error = memmap_grow(pages);
	if (error == CVM_ENOMEM) {
		error = find_part(pages, 0, false, &start, &end);
		if (!error) {
			describe(pages, start);
			error = populate_part(pages, start, end, end, cause);
		}
		if (!error)
			*bytes = end - start;
	}
	pages_unlock(pages);
	return error;
}

/* Descriptors for a block that was taken. The lock is dropped after each pageblock. */
static int describe_block(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	for (; start < end; start += CVM_PAGEBLOCK) {
		int error = make_room(pages);

		if (error)
			return error;
		describe(pages, start);
		pages_unlock(pages);
		pages_lock(pages);
	}
	return 0;
}

/* Of a block that was not accepted as a whole: a rejected unit costs its pageblocks, and a rejected
 * guard the page that needs it. */
static void salvage_block(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	for (uint64_t next; start < end; start = next) {
		uint64_t kept = next = start + CVM_PAGEBLOCK;

		if (is_rejected(pages, start, next))
			kept = start;
		else if (cvm_is_unaccepted(pages->config.acceptor, start, next))
			kept -= CVM_PAGE_SIZE;
		cvm_buddy_put_range(pages, start, kept);
		pages->failed += (next - kept) >> CVM_PAGE_SHIFT;
	}
}

/* Populate a whole block, for the caller alone, in as few runs as the acceptor makes of it. Errors
 * as above. */
static int populate_block(struct cvm_pages *pages, unsigned order, uint64_t *number)
{
	uint64_t start, end;
	int error = make_room(pages);

	if (error)
		return error;
	if (!cvm_pending_take_block(pages, order, &start))
		return CVM_ENOMEM;
	end = start + (CVM_PAGE_SIZE << order);
	/* For those who find nothing pending meanwhile. */
	pages->in_flight++;
	error = describe_block(pages, start, end);
	if (error) {
		if (cvm_pending_add(pages, start, end, 0))
			pages->failed += (end - start) >> CVM_PAGE_SHIFT;
	} else {
		error = accept_unlocked(pages, start, end, CVM_CAUSE_PAGES);
		if (error)
			salvage_block(pages, start, end);
	}
	pages->in_flight--;
	*number = page_number(pages, start);
	return error;
}

/* No block of the order is free. */
static __attribute__((__noinline__)) int populate(struct cvm_pages *pages, unsigned order,
						  uint64_t *number)
{
	/* Populating parts until they happen to merge could accept all memory. */
	if (order > CVM_PAGEBLOCK_ORDER)
		return populate_block(pages, order, number);
	do {
		int error = populate_next(pages, order);

		if (error)
			return error;
		*number = cvm_buddy_take(pages, order);
	} while (*number == CVM_NO_PAGE);
	return 0;
}

int cvm_pages_take(struct cvm_pages *pages, unsigned order, uint64_t *number)
{
	CVM_ASSERT_HELD(&pages->lock);
	*number = cvm_buddy_take(pages, order);
	return *number == CVM_NO_PAGE ? populate(pages, order, number) : 0;
}
