/* SPDX-License-Identifier: MIT */
#include "bitmap.h"
#include "pages_internal.h"

/* Memory that is not populated yet: ranges by address, and the choice of what is populated next. */

static struct cvm_pending *node_new(struct cvm_pages *pages)
{
	const size_t size = cvm_round_up(sizeof(struct cvm_pending), 16);
	struct cvm_pending *node = pages->spare;

	if (node) {
		pages->spare = node->next;
		return node;
	}
	if (pages_range_room(pages) < size)
		return NULL;
	if (pages->config.removable)
		pages->range_bytes -= size;
	return memmap_alloc(pages, sizeof(*node));
}

static void node_remove(struct cvm_pages *pages, struct cvm_pending **link)
{
	struct cvm_pending *node = *link;

	*link = node->next;
	node->next = pages->spare;
	pages->spare = node;
}

static bool has_nodes(const struct cvm_pages *pages, size_t n)
{
	const struct cvm_pending *node = pages->spare;

	for (; n && node; n--)
		node = node->next;
	return pages_range_room(pages) >= n * cvm_round_up(sizeof(*node), 16);
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

/* Is every page of it free or pending? No range before `range` reaches into it. */
static bool is_whole(const struct cvm_pages *pages, const struct cvm_pending *range, uint64_t start,
		     uint64_t end)
{

	if (start < pages->config.start)
		return false;
	while (start < end) {
		uint64_t number = page_number(pages, start);
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
 * lie in the part? The block is in the same pageblock, which has descriptors if any of it is free;
 * near: the first range that reaches into the pageblock.
 */
static bool completes(const struct cvm_pages *pages, const struct cvm_pending *near, unsigned order,
		      uint64_t start, uint64_t end)
{
	uint64_t size = CVM_PAGE_SIZE << order;

	for (uint64_t at = cvm_round_down(start, size); at < end; at += size)
		if (is_whole(pages, near, at, at + size))
			return true;
	return false;
}

/* Can it be cut out? A cut in the middle needs room for another range. */
static bool can_cut(const struct cvm_pages *pages, const struct cvm_pending *range, uint64_t start,
		    uint64_t end)
{
	return start == range->start || end == range->end || pages->spare ||
	       pages_range_room(pages) >= cvm_round_up(sizeof(*range), 16);
}

/* What one hold of the lock may read of the bitmap, in words; a part counts as one as well. */
#define SEARCH_WORDS 1024

/* The end of so many words of the bitmap from `from` on: a pageblock's, and not beyond `end`. */
static uint64_t words_end(const struct cvm_table *table, uint64_t from, uint64_t end,
			  uint64_t words)
{
	return cvm_min(end, pageblock_end(from + words * 64 * table->unit_size));
}

static uint64_t words_in(const struct cvm_table *table, uint64_t from, uint64_t to)
{
	return (to - from) / (64 * (uint64_t)table->unit_size) + 1;
}

static void pass_begin(struct cvm_pages *pages, uint64_t from)
{
	pages->search.from = from;
	pages->search.passed = UINT64_MAX;
	pages->search.low = CVM_ORDERS;
	pages->search.high = 0;
}

/* Memory was added, or there was none. */
static void search_again(struct cvm_pages *pages, uint64_t from)
{
	pass_begin(pages, cvm_min(from, cvm_min(pages->search.from, pages->search.passed)));
	pages->search.none = CVM_ORDERS;
}

void cvm_pending_init(struct cvm_pages *pages)
{
	pages->search.from = pages->search.passed = UINT64_MAX;
	search_again(pages, UINT64_MAX);
}

/* All pending memory was passed. What was left behind fits none of the orders up to the largest
 * that was asked for. */
static void pass_end(struct cvm_pages *pages)
{
	if (pages->search.passed != UINT64_MAX)
		pages->search.none = (uint8_t)cvm_min(pages->search.none, pages->search.high);
	pass_begin(pages, pages->search.passed);
}

/*
 * The next accepted part that fits, within one pageblock. The search passes over the bitmap once;
 * what becomes accepted behind it is found by find_lowest(). Parts that are too small for the
 * order stay behind: a smaller order goes back to them, the same or a larger one does not. So
 * each order reads a word once, however many parts are left.
 */
static enum cvm_found find_accepted(struct cvm_pages *pages, unsigned order, uint64_t *start,
				    uint64_t *end)
{
	const struct cvm_table *table = pages_table(pages);
	uint64_t left = SEARCH_WORDS;

	if (order >= pages->search.none || pages->search.from == UINT64_MAX)
		return CVM_FOUND_NONE;
	if (order < pages->search.low && pages->search.passed != UINT64_MAX)
		pass_begin(pages, pages->search.passed);
	pages->search.low = (uint8_t)cvm_min(pages->search.low, order);
	pages->search.high = (uint8_t)cvm_max(pages->search.high, order);

	for (struct cvm_pending *range = pages->pending; range; range = range->next) {
		uint64_t from = cvm_max(range->start, pages->search.from), to;

		for (; from < range->end; from = to) {
			uint64_t first = from;

			pages->search.from = from;
			if (!left)
				return CVM_FOUND_MORE;
			to = range->end;
			if (table) {
				to = words_end(table, from, range->end, left);
				if (!cvm_table_first_accepted(table, &first, to)) {
					left -= cvm_min(left, words_in(table, from, to));
					continue;
				}
				left -= cvm_min(left, words_in(table, from, first));
				pages->search.from = first;
			} else {
				left--;
			}
			to = cvm_min(range->end, pageblock_end(first));
			if (table)
				cvm_table_next(table, &first, &to, true);
			*end = without_guard(pages, first, to);
			if (pages_guard_due(pages, *end))
				continue; /* only a last page, whose guard is not accepted */
			if (fits(order, first, *end) && can_cut(pages, range, first, *end)) {
				*start = first;
				return CVM_FOUND;
			}
			pages->search.passed = cvm_min(pages->search.passed, first);
		}
	}
	pass_end(pages);
	return CVM_FOUND_NONE;
}

/*
 * The lowest part that fits and that no other CPU is accepting just now; else the lowest that
 * fits; else the lowest with which a block would be complete. Any other part would be accepted for
 * nothing.
 */
static bool find_lowest(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
			uint64_t *end)
{
	struct cvm_pending *range = pages->pending, *near = range;
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
				while (near->end <= cvm_round_down(from, CVM_PAGEBLOCK))
					near = near->next;
				if (!found && completes(pages, near, order, from, to)) {
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

/* Where a range that begins at `start` goes; *before: the one before it, or NULL. */
static struct cvm_pending **place_of(struct cvm_pages *pages, uint64_t start,
				     struct cvm_pending **before)
{
	struct cvm_pending **link = &pages->pending;

	*before = NULL;
	while (*link && (*link)->end <= start) {
		*before = *link;
		link = &(*link)->next;
	}
	return link;
}

/* [start, end) becomes part of the ranges that it touches, `before` and *link. false: of none. */
static bool join_pending(struct cvm_pages *pages, struct cvm_pending *before,
			 struct cvm_pending **link, uint64_t start, uint64_t end)
{
	struct cvm_pending *next = *link;
	bool joins_next = next && next->start == end;

	if (!before || before->end != start) {
		if (joins_next)
			next->start = start;
		return joins_next;
	}
	before->end = joins_next ? next->end : end;
	if (joins_next)
		node_remove(pages, link);
	return true;
}

static void added(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	pages->pending_pages += (end - start) >> CVM_PAGE_SHIFT;
	search_again(pages, start);
}

int cvm_pending_add(struct cvm_pages *pages, uint64_t start, uint64_t end, size_t room)
{
	struct cvm_pending *before, *node, **link = place_of(pages, start, &before);

	CVM_ASSERT_HELD(&pages->lock);
	if (*link && (*link)->start < end)
		return CVM_EINVAL;
	if (!join_pending(pages, before, link, start, end)) {
		if (!pages->spare && pages_range_room(pages) < room)
			return CVM_ENOMEM;
		node = node_new(pages);
		if (!node)
			return CVM_ENOMEM;
		*node = (struct cvm_pending){ start, end, *link };
		*link = node;
	}
	added(pages, start, end);
	return 0;
}

enum cvm_found cvm_pending_next(struct cvm_pages *pages, unsigned order, bool small,
				uint64_t *start, uint64_t *end)
{
	enum cvm_found found;

	CVM_ASSERT_HELD(&pages->lock);
	found = find_accepted(pages, order, start, end);
	if (found != CVM_FOUND_NONE)
		return found;
	return find_lowest(pages, order, small, start, end) ? CVM_FOUND : CVM_FOUND_NONE;
}

bool cvm_pending_count(struct cvm_pages *pages, uint64_t *from, uint64_t *unaccepted)
{
	const struct cvm_table *table = pages_table(pages);
	uint64_t left = table ? SEARCH_WORDS : 0;

	CVM_ASSERT_HELD(&pages->lock);
	for (struct cvm_pending *range = pages->pending; table && range; range = range->next) {
		while (*from < range->end) {
			uint64_t start = cvm_max(*from, range->start), to;

			if (!left)
				return true;
			to = words_end(table, start, range->end, left);
			*unaccepted += cvm_table_count(table, start, to);
			left -= cvm_min(left, words_in(table, start, to));
			*from = to;
		}
	}
	return false;
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

int cvm_pending_isolate(struct cvm_pages *pages, uint64_t start, uint64_t *end)
{
	struct cvm_pending **link = &pages->pending, *node;

	CVM_ASSERT_HELD(&pages->lock);
	while (*link && (*link)->end <= start)
		link = &(*link)->next;
	if (!*link || (*link)->start > start)
		return CVM_EBUSY;
	/* One for the rest, one for what is isolated. */
	if (!has_nodes(pages, 2))
		return CVM_ENOMEM;
	*end = cvm_min(*end, (*link)->end);
	cut(pages, link, start, *end);
	node = node_new(pages);
	*node = (struct cvm_pending){ start, *end, pages->isolated };
	pages->isolated = node;
	return 0;
}

static void insert_pending(struct cvm_pages *pages, struct cvm_pending *node)
{
	struct cvm_pending *before, **link = place_of(pages, node->start, &before);
	uint64_t start = node->start, end = node->end;

	if (join_pending(pages, before, link, start, end))
		link = &pages->spare;
	node->next = *link;
	*link = node;
	added(pages, start, end);
}

void cvm_pending_settle(struct cvm_pages *pages, uint64_t start, uint64_t end, bool back)
{
	struct cvm_pending **link = &pages->isolated;

	CVM_ASSERT_HELD(&pages->lock);
	while (*link) {
		struct cvm_pending *node = *link;

		if (node->start < start || node->end > end) {
			link = &node->next;
		} else if (back) {
			*link = node->next;
			insert_pending(pages, node);
		} else {
			node_remove(pages, link);
		}
	}
}
