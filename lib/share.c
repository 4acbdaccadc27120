/* SPDX-License-Identifier: MIT */
#include "accept_internal.h"
#include "pages_internal.h"
#include "share_internal.h"

/* Conversions: claim the range in the list, ask the platform, record the result. */

/*
 * The marks that keep shared memory from being freed. They cost the allocator nothing: a
 * block with pages that are not private has a separate state, and cvm_pages_free() finds that
 * it is not "allocated". The count of such pages is in the field that links a free block.
 */

/* Frees do not always take the lock: a block leaves "allocated" in one step, or not at all. */
static bool leave_allocated(struct cvm_page *page)
{
	uint8_t allocated = BLOCK_ALLOCATED;

	return __atomic_compare_exchange_n(&page->state, &allocated, BLOCK_SHARED, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* n more pages of the block are not private; false: it is not allocated. */
static bool mark(struct cvm_page *page, uint32_t n)
{
	if (leave_allocated(page))
		page->next = 0;
	else if (block_state(page) != BLOCK_SHARED)
		return false;
	page->next += n;
	return true;
}

static bool unmark(struct cvm_page *page, uint32_t n)
{
	CVM_ASSERT(block_state(page) == BLOCK_SHARED && page->next >= n);
	page->next -= n;
	if (!page->next)
		__atomic_store_n(&page->state, BLOCK_ALLOCATED, __ATOMIC_RELAXED);
	return true;
}

/* Call change() for the allocator's blocks in [start, end); returns how far it got. */
static uint64_t walk(struct cvm_pages *pages, uint64_t start, uint64_t end,
		     bool (*change)(struct cvm_page *page, uint32_t n))
{
	uint64_t at = cvm_max(start, pages->config.start);
	uint64_t top = cvm_min(end, pages->config.end);

	while (at < top) {
		/* Every pageblock of a block has descriptors. */
		uint64_t next = cvm_round_down(at, CVM_PAGEBLOCK) + CVM_PAGEBLOCK;
		struct cvm_page *page;
		bool ok = true;
		uint64_t first;

		if (!page_of(pages, page_number(pages, at))) {
			at = next;
			continue;
		}
		/* A block at a time, so that other CPUs get the lock in between. */
		next = at + CVM_PAGE_SIZE;
		pages_lock(pages);
		page = cvm_buddy_find(pages, page_number(pages, at), &first);
		if (page) {
			next = page_gpa(pages, first) + (CVM_PAGE_SIZE << page->order);
			next = cvm_min(next, top);
			ok = change(page, (uint32_t)((next - at) >> CVM_PAGE_SHIFT));
		}
		pages_unlock(pages);
		if (!ok)
			return at;
		at = next;
	}
	return end;
}

/* Does it overlap pending memory, which the allocator may allocate at any time? */
static bool is_pending(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	const struct cvm_pending *range;
	bool found;

	pages_lock(pages);
	range = pages->pending;
	while (range && range->end <= start)
		range = range->next;
	found = range && range->start < end;
	pages_unlock(pages);
	return found;
}

static bool never(struct cvm_page *page, uint32_t n)
{
	(void)page;
	(void)n;
	return false;
}

static void unmark_in(struct cvm_pages *first, const struct cvm_pages *last, uint64_t start,
		      uint64_t end)
{
	for (; first != last; first = first->next)
		walk(first, start, end, unmark);
}

static struct cvm_pages *first_allocator(const struct cvm_share *share)
{
	return __atomic_load_n(&share->config.acceptor->pages, __ATOMIC_ACQUIRE);
}

/*
 * With no lock held. Every allocated block, of any allocator, counts how many of its pages are
 * not private, and is freed only when none is. Memory of no allocator is skipped. CVM_EINVAL: some
 * of it is free memory; nothing is marked.
 */
static int mark_pages(struct cvm_share *share, uint64_t start, uint64_t end)
{
	struct cvm_pages *first = first_allocator(share);

	for (struct cvm_pages *pages = first; pages; pages = pages->next) {
		uint64_t marked;

		marked = is_pending(pages, start, end) ? start : walk(pages, start, end, mark);
		if (marked == end)
			continue;
		walk(pages, start, marked, unmark);
		unmark_in(first, pages, start, end);
		return CVM_EINVAL;
	}
	return 0;
}

static void unmark_pages(struct cvm_share *share, uint64_t start, uint64_t end)
{
	if (start < end)
		unmark_in(first_allocator(share), NULL, start, end);
}

bool cvm_share_is_owned(struct cvm_share *share, uint64_t start, uint64_t end)
{
	for (struct cvm_pages *pages = first_allocator(share); pages; pages = pages->next)
		if (is_pending(pages, start, end) || walk(pages, start, end, never) != end)
			return true;
	return false;
}

/* Conversions. */

int cvm_share_init(struct cvm_share *share, const struct cvm_share_config *config)
{
	const struct cvm_platform *platform;

	if (!config->acceptor || !config->storage || !config->capacity)
		return CVM_EINVAL;
	platform = config->acceptor->config.platform;
	if (!platform->set_shared || !platform->set_private)
		return CVM_EINVAL;
	cvm_clear(share, sizeof(*share));
	cvm_copy(&share->config, config, sizeof(*config));
	cvm_clear(config->storage, config->capacity * sizeof(*config->storage));
	return 0;
}

static bool is_range(const struct cvm_share *share, uint64_t start, uint64_t end)
{
	uint64_t top = share->config.acceptor->config.platform->gpa_end;

	return start < end && end <= (top ? top : CVM_PHYS_END) && !((start | end) % CVM_PAGE_SIZE);
}

static void release(struct cvm_share *share, uint64_t start, uint64_t end)
{
	share_lock(share);
	cvm_share_list_release(share, start, end);
	share_unlock(share);
}

/* Claim private memory for a conversion and keep its blocks from being freed. */
static int claim_private(struct cvm_share *share, uint64_t start, uint64_t end)
{
	int error;

	if (!is_range(share, start, end))
		return CVM_EINVAL;
	share_lock(share);
	error = cvm_share_list_claim_private(share, start, end);
	share_unlock(share);
	if (error)
		return error;
	error = mark_pages(share, start, end);
	if (error)
		release(share, start, end);
	return error;
}

/* How far a range got: private and accepted up to `accepted`, then private up to `unshared`,
 * then in the state up to `shared`. */
struct outcome {
	uint64_t accepted, unshared, shared;
	enum cvm_share_state state;
};

/* Blocks may be freed when their pages are private, and not before. */
static void settle(struct cvm_share *share, uint64_t start, uint64_t end,
		   const struct outcome *outcome)
{
	/* Private parts first: they give room for the others. */
	share_lock(share);
	cvm_share_list_settle(share, start, outcome->accepted, CVM_PRIVATE);
	cvm_share_list_settle(share, outcome->shared, end, CVM_PRIVATE);
	cvm_share_list_settle(share, outcome->accepted, outcome->unshared, CVM_SHARE_FAILED);
	cvm_share_list_settle(share, outcome->unshared, outcome->shared, outcome->state);
	share_unlock(share);
	unmark_pages(share, start, outcome->accepted);
	unmark_pages(share, outcome->shared, end);
}

/* How far the platform got, according to itself; within the range. */
static uint64_t reached(uint64_t start, uint64_t end, uint64_t done, int error)
{
	if (!error)
		return end;
	return start + cvm_min(cvm_round_down(done, CVM_PAGE_SIZE), end - start);
}

/* Accept [start, outcome->unshared), which was shared until now. */
static int accept_again(struct cvm_share *share, uint64_t start, struct outcome *outcome,
			uint64_t *status)
{
	struct cvm_accept_result accept CVM_UNINITIALIZED;
	int error;

	outcome->accepted = outcome->unshared;
	if (start == outcome->unshared)
		return 0;
	error = cvm_accept_owned(share->config.acceptor, start, outcome->unshared,
				 CVM_CAUSE_UNSHARE, &accept);
	outcome->accepted = reached(start, outcome->unshared, accept.done, error);
	if (error)
		*status = accept.status;
	return error;
}

/* Convert [start, outcome->shared) to private memory, as far as possible. */
static int make_private(struct cvm_share *share, uint64_t start, struct outcome *outcome,
			uint64_t *status)
{
	struct cvm_platform *platform = share->config.acceptor->config.platform;
	uint64_t done = 0;
	int rejected, error;

	outcome->accepted = outcome->unshared = start;
	if (start == outcome->shared)
		return 0;
	rejected = platform->set_private(platform, start, outcome->shared, &done);
	if (!rejected && done != outcome->shared - start)
		rejected = CVM_EIO;
	outcome->unshared = reached(start, outcome->shared, done, rejected);
	error = accept_again(share, start, outcome, status);
	return error ? error : rejected;
}

int cvm_share_convert(struct cvm_share *share, uint64_t start, uint64_t end,
		      enum cvm_share_state state, struct cvm_share_result *result)
{
	struct cvm_platform *platform = share->config.acceptor->config.platform;
	struct outcome outcome;
	uint64_t done = 0;
	int undone, error = platform->set_shared(platform, start, end, &done);

	if (!error && done != end - start)
		error = CVM_EIO;
	outcome.accepted = outcome.unshared = start;
	outcome.shared = reached(start, end, done, error);
	outcome.state = error ? CVM_SHARED : state;
	if (error) {
		result->where = outcome.shared;
		undone = make_private(share, start, &outcome, &result->status);
		result->left = outcome.shared - outcome.accepted;
		if (undone == CVM_EALREADY)
			error = undone;
	}
	settle(share, start, end, &outcome);
	release(share, end, end);
	return error;
}

int cvm_set_shared(struct cvm_share *share, uint64_t start, uint64_t end,
		   struct cvm_share_result *result)
{
	struct cvm_acceptor *acceptor = share->config.acceptor;
	struct cvm_share_result unused;
	struct outcome outcome;
	int error;

	if (!result)
		result = &unused;
	result->where = start;
	result->status = result->left = 0;
	error = claim_private(share, start, end);
	if (error)
		return error;
	error = cvm_accept(acceptor, start, end, CVM_CAUSE_RESERVED);
	if (error) {
		outcome.accepted = outcome.unshared = outcome.shared = end;
		outcome.state = CVM_SHARED;
		settle(share, start, end, &outcome);
		release(share, end, end);
		return error;
	}

	return cvm_share_convert(share, start, end, CVM_SHARED, result);
}

/* One entry of a claim: all of it is shared, or all of it has failed. */
static int set_entry_private(struct cvm_share *share, uint64_t start, uint64_t end,
			     enum cvm_share_state state, struct cvm_share_result *result)
{
	struct outcome outcome;
	int error;

	outcome.state = state;
	if (state == CVM_SHARED || state == CVM_RELEASED) {
		outcome.shared = end;
		error = make_private(share, start, &outcome, &result->status);
	} else {
		outcome.unshared = outcome.shared = end;
		error = accept_again(share, start, &outcome, &result->status);
	}
	result->where = outcome.accepted;
	settle(share, start, end, &outcome);
	return error;
}

int cvm_share_take(struct cvm_share *share, uint64_t start, uint64_t end,
		   enum cvm_share_state state, struct cvm_share_result *result)
{
	int error = set_entry_private(share, start, end, state, result);

	release(share, end, end);
	return error;
}

int cvm_set_private(struct cvm_share *share, uint64_t start, uint64_t end,
		    struct cvm_share_result *result)
{
	struct cvm_share_result unused;
	uint64_t from = start;
	int error = CVM_EINVAL;

	if (!result)
		result = &unused;
	result->where = start;
	result->status = result->left = 0;
	if (!is_range(share, start, end))
		return CVM_EINVAL;
	share_lock(share);
	error = cvm_share_list_claim(share, start, end, false);
	share_unlock(share);
	if (error)
		return error;
	do {
		struct cvm_shared entry;

		share_lock(share);
		entry = share->config.storage[cvm_share_list_find(share, from)];
		share_unlock(share);
		error = set_entry_private(share, from, entry.end, entry.state, result);
		from = entry.end;
	} while (!error && from < end);
	result->left = end - result->where;
	release(share, from, end);
	return error;
}

int cvm_share_register(struct cvm_share *share, uint64_t start, uint64_t end)
{
	const struct cvm_table *table = share->config.acceptor->config.table;
	int error = claim_private(share, start, end);

	if (error)
		return error;
	if (table && cvm_table_any(table, start, end)) {
		struct outcome outcome;

		outcome.accepted = outcome.unshared = outcome.shared = end;
		outcome.state = CVM_SHARED;
		settle(share, start, end, &outcome);
		release(share, end, end);
		return CVM_EINVAL;
	}
	share_lock(share);
	cvm_share_list_settle(share, start, end, CVM_SHARED);
	cvm_share_list_release(share, end, end);
	share_unlock(share);
	return 0;
}
