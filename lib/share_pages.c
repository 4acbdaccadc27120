/* SPDX-License-Identifier: MIT */
#include "pages.h"
#include "share.h"

/*
 * The marks that keep shared memory from being freed. They cost the allocator nothing: a
 * block with pages that are not private is in a state of its own, and cvm_pages_free() finds that
 * it is not "allocated". Its count of such pages is where a free block has its list link.
 */

/* Frees do not always take the lock: a block leaves "allocated" in one step, or not at all. */
static bool leave_allocated(struct cvm_page *page)
{
	uint8_t allocated = PAGE_ALLOCATED;

	return __atomic_compare_exchange_n(&page->state, &allocated, PAGE_SHARED, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* The block that holds the page, by its first page; NULL: none, the page is not the allocator's. */
static struct cvm_page *block_of(const struct cvm_pages *pages, uint32_t number, uint32_t *first)
{
	for (unsigned order = 0; order < CVM_ORDERS; order++) {
		struct cvm_page *page;

		*first = number >> order << order;
		page = page_of(pages, *first);
		if (page && page_state(page) != PAGE_ABSENT &&
		    __atomic_load_n(&page->order, __ATOMIC_RELAXED) >= order)
			return page;
	}
	return NULL;
}

/* n more pages of the block are not private; false: it is not the caller's. */
static bool mark(struct cvm_page *page, uint32_t n)
{
	if (leave_allocated(page))
		page->next = 0;
	else if (page_state(page) != PAGE_SHARED)
		return false;
	page->next += n;
	return true;
}

static bool unmark(struct cvm_page *page, uint32_t n)
{
	CVM_ASSERT(page_state(page) == PAGE_SHARED && page->next >= n);
	page->next -= n;
	if (!page->next)
		__atomic_store_n(&page->state, PAGE_ALLOCATED, __ATOMIC_RELAXED);
	return true;
}

/* Call change() for the blocks of [start, end); returns how far it got. */
static uint64_t walk(struct cvm_pages *pages, uint64_t start, uint64_t end,
		     bool (*change)(struct cvm_page *page, uint32_t n))
{
	uint64_t at = cvm_max(start, pages->config.start);
	uint64_t top = cvm_min(end, pages->config.end);

	while (at < top) {
		uint64_t next = at + CVM_PAGE_SIZE;
		struct cvm_page *page;
		bool ok = true;
		uint32_t first;

		/* A block at a time: others may want the lock. */
		pages_lock(pages);
		page = block_of(pages, page_number(pages, at), &first);
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

/* Does it overlap memory that the allocator has not looked at yet, and will hand out? */
static bool is_offline(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	const struct cvm_offline *range;
	bool found;

	pages_lock(pages);
	range = pages->offline;
	while (range && range->end <= start)
		range = range->next;
	found = range && range->start < end;
	pages_unlock(pages);
	return found;
}

int share_pages_mark(struct cvm_share *share, uint64_t start, uint64_t end)
{
	struct cvm_pages *pages = share->config.pages;
	uint64_t marked;

	if (!pages)
		return 0;
	if (is_offline(pages, start, end))
		return CVM_EINVAL;
	marked = walk(pages, start, end, mark);
	if (marked == end)
		return 0;
	walk(pages, start, marked, unmark);
	return CVM_EINVAL;
}

void share_pages_unmark(struct cvm_share *share, uint64_t start, uint64_t end)
{
	if (share->config.pages && start < end)
		walk(share->config.pages, start, end, unmark);
}
