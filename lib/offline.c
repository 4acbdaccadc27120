/* SPDX-License-Identifier: MIT */
#include "pages.h"

/* Memory that has not entered the allocator: ranges by address. The lock is held. */

static struct cvm_offline *node_new(struct cvm_pages *pages)
{
	struct cvm_offline *node = pages->spare;

	if (node)
		pages->spare = node->next;
	else
		node = meta_alloc(pages, sizeof(*node));
	return node;
}

static void node_remove(struct cvm_pages *pages, struct cvm_offline **link)
{
	struct cvm_offline *node = *link;

	*link = node->next;
	node->next = pages->spare;
	pages->spare = node;
}

int offline_add(struct cvm_pages *pages, uint64_t start, uint64_t end)
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

/*
 * The first accepted part at or above pages->scan, cut to one section. The search goes
 * over the bitmap once: what becomes accepted behind it is found as unaccepted
 * memory is, from below, and costs no call then.
 */
static bool take_accepted(struct cvm_pages *pages, uint64_t *start, uint64_t *end)
{
	const struct cvm_table *table = pages->config.acceptor->config.table;

	for (struct cvm_offline **link = &pages->offline; *link; link = &(*link)->next) {
		uint64_t from = cvm_max((*link)->start, pages->scan), to = (*link)->end;

		if (from >= to || (table && !cvm_table_next(table, &from, &to, true)))
			continue;
		to = cvm_min(to, cvm_round_down(from, CVM_SECTION) + CVM_SECTION);
		if (!cut(pages, link, from, to))
			return false;
		pages->scan = to;
		*start = from;
		*end = to;
		return true;
	}
	pages->scan = UINT64_MAX;
	return false;
}

static bool holds(uint64_t start, uint64_t end, uint64_t size)
{
	uint64_t first = cvm_round_up(start, size);

	return first < end && end - first >= size;
}

/*
 * The lowest piece that holds a block of the order: a range's first piece, or the one behind it,
 * which begins on a section. Without such a piece the lowest: what has entered already may
 * complete it.
 */
static bool take_lowest(struct cvm_pages *pages, unsigned order, uint64_t *start, uint64_t *end)
{
	uint64_t size = CVM_PAGE_SIZE << order;

	for (struct cvm_offline **link = &pages->offline; *link; link = &(*link)->next) {
		uint64_t from = (*link)->start, last = (*link)->end;
		uint64_t to = cvm_min(last, cvm_round_down(from, CVM_SECTION) + CVM_SECTION);

		if (!holds(from, to, size)) {
			from = to;
			to = cvm_min(last, from + CVM_SECTION);
		}
		if (!holds(from, to, size))
			continue;
		*start = from;
		*end = to;
		return cut(pages, link, from, to);
	}
	*start = pages->offline->start;
	*end = cvm_min(pages->offline->end, cvm_round_down(*start, CVM_SECTION) + CVM_SECTION);
	return cut(pages, &pages->offline, *start, *end);
}

bool offline_take(struct cvm_pages *pages, unsigned order, uint64_t *start, uint64_t *end)
{
	if (!pages->offline)
		return false;
	if (pages->scan != UINT64_MAX && take_accepted(pages, start, end))
		return true;
	return take_lowest(pages, order, start, end);
}

bool offline_take_block(struct cvm_pages *pages, unsigned order, uint64_t *start)
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

bool offline_take_top(struct cvm_pages *pages, uint64_t *start)
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
