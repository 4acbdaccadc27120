/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/* Memory that is not populated yet: ranges by address, and the choice of what is populated next. */

static struct cvm_pending *node_new(struct cvm_pages *pages)
{
	struct cvm_pending *node = pages->spare;

	if (node)
		pages->spare = node->next;
	else
		node = memmap_alloc(pages, sizeof(*node));
	return node;
}

static void node_remove(struct cvm_pages *pages, struct cvm_pending **link)
{
	struct cvm_pending *node = *link;

	*link = node->next;
	node->next = pages->spare;
	pages->spare = node;
}

int cvm_pending_add(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	struct cvm_pending **link = &pages->pending, *node;

	CVM_ASSERT_HELD(&pages->lock);
	while (*link && (*link)->end <= start)
		link = &(*link)->next;
	if (*link && (*link)->start < end)
		return CVM_EINVAL;
	node = node_new(pages);
	if (!node)
		return CVM_ENOMEM;
	*node = (struct cvm_pending){ start, end, *link };
	*link = node;
	pages->pending_pages += (end - start) >> CVM_PAGE_SHIFT;
	pages->scan = cvm_min(pages->scan, start);
	return 0;
}

/* Take [start, end) out of the range at *link, which holds it. false: no room to split. */
static bool cut(struct cvm_pages *pages, struct cvm_pending **link, uint64_t start, uint64_t end)
{
	struct cvm_pending *node = *link;

	CVM_ASSERT(start >= node->start && end <= node->end && start < end);
	if (start > node->start && end < node->end) {
		struct cvm_pending *rest = node_new(pages);

		if (!rest)
			return false;
		*rest = (struct cvm_pending){ end, node->end, node->next };
		node->next = rest;
		node->end = start;
	} else if (start > node->start) {
		node->end = start;
	} else if (end < node->end) {
		node->start = end;
	} else {
		node_remove(pages, link);
	}
	pages->pending_pages -= (end - start) >> CVM_PAGE_SHIFT;
	return true;
}

static uint64_t pageblock_end(uint64_t gpa)
{
	return cvm_round_down(gpa, CVM_PAGEBLOCK) + CVM_PAGEBLOCK;
}

/* The end of a part, or a page before it if that page needs a guard that is not accepted. */
static uint64_t without_guard(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return end - start > CVM_PAGE_SIZE && pages_guard_due(pages, end) ? end - CVM_PAGE_SIZE
									  : end;
}

/* Is every page of it free or pending? */
static bool is_whole(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	const struct cvm_pending *range = pages->pending;

	if (start < pages->config.start)
		return false;
	while (start < end) {
		uint32_t number = page_number(pages, start);
		const struct cvm_page *page;

		while (range && range->end <= start)
			range = range->next;
		if (range && range->start <= start) {
			start = range->end;
			continue;
		}
		page = start < pages->config.end ? page_of(pages, number) : NULL;
		/* Below the order of the block that would be made, so it begins here. */
		if (!page || block_state(page) != BLOCK_FREE)
			return false;
		start += CVM_PAGE_SIZE << page->order;
	}
	return true;
}

/* Does a block of the order lie in it? */
static bool fits(unsigned order, uint64_t start, uint64_t end)
{
	uint64_t size = CVM_PAGE_SIZE << order, first = cvm_round_up(start, size);

	return first < end && end - first >= size;
}

/*
 * Would the part and what is free or pending around it make a block of the order, which does not
 * lie in the part? The block is in the same pageblock, which has descriptors if any of it is free.
 */
static bool completes(const struct cvm_pages *pages, unsigned order, uint64_t start, uint64_t end)
{
	uint64_t size = CVM_PAGE_SIZE << order;

	for (uint64_t at = cvm_round_down(start, size); at < end; at += size)
		if (is_whole(pages, at, at + size))
			return true;
	return false;
}

/* Can it be cut out? A cut in the middle needs room for another range. */
static bool can_cut(const struct cvm_pages *pages, const struct cvm_pending *range, uint64_t start,
		    uint64_t end)
{
	return start == range->start || end == range->end || pages->spare ||
	       pages->memmap_end - pages->memmap >= cvm_round_up(sizeof(*range), 16);
}

/*
 * The first accepted part at or above pages->scan, within one pageblock. The search passes over the
 * bitmap once; what becomes accepted behind it is found by find_lowest().
 */
static bool find_accepted(struct cvm_pages *pages, unsigned order, uint64_t *start, uint64_t *end)
{
	const struct cvm_table *table = pages_table(pages);
	bool passed = false;

	for (struct cvm_pending *range = pages->pending; range; range = range->next) {
		uint64_t from = cvm_max(range->start, pages->scan), to;

		for (; from < range->end; from = to) {
			to = range->end;
			if (table && !cvm_table_next(table, &from, &to, true))
				break;
			to = cvm_min(to, pageblock_end(from));
			*end = without_guard(pages, from, to);
			if (pages_guard_due(pages, *end))
				continue; /* only a last page, whose guard is not accepted */
			if (fits(order, from, *end) && can_cut(pages, range, from, *end)) {
				*start = from;
				if (!passed)
					pages->scan = from;
				return true;
			}
			passed = true;
		}
	}
	if (!passed)
		pages->scan = UINT64_MAX;
	return false;
}

/*
 * The lowest part that fits and that no other CPU is accepting just now; else the lowest that
 * fits; else the lowest with which a block would be complete. Any other part would be accepted for
 * nothing.
 */
static bool find_lowest(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
			uint64_t *end)
{
	struct cvm_pending *range = pages->pending;
	uint64_t from, to;
	bool found = false, fit = false;

	for (; range; range = range->next) {
		for (from = range->start; from < range->end; from = pageblock_end(from)) {
			to = cvm_min(range->end, pageblock_end(from));
			if (small)
				to = without_guard(pages, from, to);
			if (!can_cut(pages, range, from, to))
				break;
			if (!fits(order, from, to)) {
				if (!found && completes(pages, order, from, to)) {
					found = true;
					*start = from;
					*end = to;
				}
				continue;
			}
			if (!cvm_accept_would_wait(pages->config.acceptor, from, to)) {
				*start = from;
				*end = to;
				return true;
			}
			if (!fit) {
				found = fit = true;
				*start = from;
				*end = to;
			}
		}
	}
	return found;
}

bool cvm_pending_next(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
		      uint64_t *end)
{
	CVM_ASSERT_HELD(&pages->lock);
	if (pages->scan != UINT64_MAX && find_accepted(pages, order, start, end))
		return true;
	return find_lowest(pages, order, small, start, end);
}

bool cvm_pending_cut(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	struct cvm_pending **link = &pages->pending;

	CVM_ASSERT_HELD(&pages->lock);
	while ((*link)->end <= start)
		link = &(*link)->next;
	return cut(pages, link, start, end);
}

bool cvm_pending_take_block(struct cvm_pages *pages, unsigned order, uint64_t *start)
{
	uint64_t size = CVM_PAGE_SIZE << order;

	CVM_ASSERT_HELD(&pages->lock);
	for (struct cvm_pending **link = &pages->pending; *link; link = &(*link)->next) {
		uint64_t first = cvm_round_up((*link)->start, size);

		if (first >= (*link)->end || (*link)->end - first < size)
			continue;
		*start = first;
		return cut(pages, link, first, first + size);
	}
	return false;
}

bool cvm_pending_take_top(struct cvm_pages *pages, uint64_t *start)
{
	struct cvm_pending **best = NULL;

	CVM_ASSERT_HELD(&pages->lock);
	for (struct cvm_pending **link = &pages->pending; *link; link = &(*link)->next) {
		uint64_t last = cvm_round_down((*link)->end, CVM_PAGEBLOCK);

		if (last > (*link)->start && last - (*link)->start >= CVM_PAGEBLOCK)
			best = link;
	}
	if (!best)
		return false;
	*start = cvm_round_down((*best)->end, CVM_PAGEBLOCK) - CVM_PAGEBLOCK;
	return cut(pages, best, *start, *start + CVM_PAGEBLOCK);
}
