/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/* Memory that is not yet in the allocator: ranges by address, and the choice of what enters next.
 */

static struct cvm_offline *node_new(struct cvm_pages *pages)
{
	struct cvm_offline *node = pages->spare;

	if (node)
		pages->spare = node->next;
	else
		node = memmap_alloc(pages, sizeof(*node));
	return node;
}

static void node_remove(struct cvm_pages *pages, struct cvm_offline **link)
{
	struct cvm_offline *node = *link;

	*link = node->next;
	node->next = pages->spare;
	pages->spare = node;
}

int cvm_pending_add(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	struct cvm_offline **link = &pages->offline, *node;

	while (*link && (*link)->end <= start)
		link = &(*link)->next;
	if (*link && (*link)->start < end)
		return CVM_EINVAL;
	node = node_new(pages);
	if (!node)
		return CVM_ENOMEM;
	*node = (struct cvm_offline){ start, end, *link };
	*link = node;
	pages->offline_pages += (end - start) >> CVM_PAGE_SHIFT;
	pages->scan = cvm_min(pages->scan, start);
	return 0;
}

/* Take [start, end) out of the range at *link, which holds it. false: no room to split. */
static bool cut(struct cvm_pages *pages, struct cvm_offline **link, uint64_t start, uint64_t end)
{
	struct cvm_offline *node = *link;

	CVM_ASSERT(start >= node->start && end <= node->end && start < end);
	if (start > node->start && end < node->end) {
		struct cvm_offline *rest = node_new(pages);

		if (!rest)
			return false;
		*rest = (struct cvm_offline){ end, node->end, node->next };
		node->next = rest;
		node->end = start;
	} else if (start > node->start) {
		node->end = start;
	} else if (end < node->end) {
		node->start = end;
	} else {
		node_remove(pages, link);
	}
	pages->offline_pages -= (end - start) >> CVM_PAGE_SHIFT;
	return true;
}

static uint64_t section_end(uint64_t gpa)
{
	return cvm_round_down(gpa, CVM_SECTION) + CVM_SECTION;
}

/* The end of a piece, or a page before it if that page needs a guard that is not accepted. */
static uint64_t without_guard(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return end - start > CVM_PAGE_SIZE && pages_guard_due(pages, end) ? end - CVM_PAGE_SIZE
									  : end;
}

/* Does a block of the order lie in it? */
static bool fits(unsigned order, uint64_t start, uint64_t end)
{
	uint64_t size = CVM_PAGE_SIZE << order, first = cvm_round_up(start, size);

	return first < end && end - first >= size;
}

/* Can it be cut out: from an end, or is there room for another range? */
static bool can_cut(const struct cvm_pages *pages, const struct cvm_offline *range, uint64_t start,
		    uint64_t end)
{
	return start == range->start || end == range->end || pages->spare ||
	       pages->meta_end - pages->meta >= cvm_round_up(sizeof(*range), 16);
}

/*
 * The first accepted part at or above pages->scan, within one section. The search goes
 * over the bitmap once: what becomes accepted behind it is found as unaccepted
 * memory is, from below.
 */
static bool find_accepted(struct cvm_pages *pages, unsigned order, uint64_t *start, uint64_t *end)
{
	const struct cvm_table *table = pages_table(pages);
	bool passed = false;

	for (struct cvm_offline *range = pages->offline; range; range = range->next) {
		uint64_t from = cvm_max(range->start, pages->scan), to;

		for (; from < range->end; from = to) {
			to = range->end;
			if (table && !cvm_table_next(table, &from, &to, true))
				break;
			to = cvm_min(to, section_end(from));
			*end = without_guard(pages, from, to);
			if (pages_guard_due(pages, *end))
				continue; /* a last page alone */
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

/* The lowest piece that fits and that no other CPU is accepting just now; else the lowest that
 * fits; else the lowest. */
static bool find_lowest(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
			uint64_t *end)
{
	struct cvm_offline *range = pages->offline;
	uint64_t from, to;
	bool fit = false;

	if (!range)
		return false;
	*start = range->start;
	*end = cvm_min(range->end, section_end(*start));
	for (; range; range = range->next) {
		for (from = range->start; from < range->end; from = section_end(from)) {
			to = cvm_min(range->end, section_end(from));
			if (small)
				to = without_guard(pages, from, to);
			if (!can_cut(pages, range, from, to))
				break;
			if (!fits(order, from, to))
				continue;
			if (!pages_would_wait(pages, from, to)) {
				*start = from;
				*end = to;
				return true;
			}
			if (!fit) {
				fit = true;
				*start = from;
				*end = to;
			}
		}
	}
	return true;
}

bool cvm_pending_next(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
		      uint64_t *end)
{
	if (pages->scan != UINT64_MAX && find_accepted(pages, order, start, end))
		return true;
	return find_lowest(pages, order, small, start, end);
}

bool cvm_pending_cut(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	struct cvm_offline **link = &pages->offline;

	while ((*link)->end <= start)
		link = &(*link)->next;
	return cut(pages, link, start, end);
}

bool cvm_pending_take_block(struct cvm_pages *pages, unsigned order, uint64_t *start)
{
	uint64_t size = CVM_PAGE_SIZE << order;

	for (struct cvm_offline **link = &pages->offline; *link; link = &(*link)->next) {
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
	struct cvm_offline **best = NULL;

	for (struct cvm_offline **link = &pages->offline; *link; link = &(*link)->next) {
		uint64_t last = cvm_round_down((*link)->end, CVM_SECTION);

		if (last > (*link)->start && last - (*link)->start >= CVM_SECTION)
			best = link;
	}
	if (!best)
		return false;
	*start = cvm_round_down((*best)->end, CVM_SECTION) - CVM_SECTION;
	return cut(pages, best, *start, *start + CVM_SECTION);
}
