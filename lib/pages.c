/* SPDX-License-Identifier: MIT */
#include "pages.h"

/* The page allocator's door: init, add, alloc, free, counters. */

#define GIB (UINT64_C(1) << 30)

size_t cvm_pages_index_bytes(uint64_t start, uint64_t end)
{
	start = cvm_round_down(start, GIB);
	/* Page numbers, and the one behind the last page, have 32 bits. */
	if (start >= end || end - start >= UINT64_C(16) << 40)
		return 0;
	return (size_t)(cvm_round_up(end - start, GIB) / GIB * sizeof(struct cvm_page **));
}

int cvm_pages_init(struct cvm_pages *pages, const struct cvm_pages_config *config)
{
	size_t index_bytes = cvm_pages_index_bytes(config->start, config->end);

#ifndef CVM_NO_ACCEPT
	if (!config->acceptor)
		return CVM_EINVAL;
#endif
	if (!config->index || (uintptr_t)config->index % 8 || !config->seed ||
	    (uintptr_t)config->seed % 16 || config->seed_bytes < CVM_PAGES_SEED)
		return CVM_EINVAL;
	if (!index_bytes)
		return CVM_ERANGE;
	cvm_clear(pages, sizeof(*pages));
	cvm_copy(&pages->config, config, sizeof(*config));
	pages->config.start = cvm_round_down(config->start, GIB);
	pages->index = config->index;
	cvm_clear(pages->index, index_bytes);
	for (unsigned order = 0; order < CVM_ORDERS; order++)
		pages->head[order] = CVM_NO_PAGE;
	pages->meta = (uintptr_t)config->seed;
	pages->meta_end = pages->meta + cvm_round_down(config->seed_bytes, 16);
	pages->scan = UINT64_MAX;
	return 0;
}

int cvm_pages_add(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	int error;

	if (start >= end || (start | end) % CVM_PAGE_SIZE)
		return CVM_EINVAL;
	if (start < pages->config.start || end > pages->config.end)
		return CVM_ERANGE;
	pages_lock(pages);
	/* Keep room for the split that taking the first section of descriptors may need. */
	if (!pages->spare && pages->meta_end - pages->meta < 4 * sizeof(struct cvm_offline))
		error = CVM_ENOMEM;
	else
		error = offline_add(pages, start, end);
	if (!error)
		pages->total += (end - start) >> CVM_PAGE_SHIFT;
	pages_unlock(pages);
	return error;
}

/* Nothing is free for the order. */
static __attribute__((noinline)) int bring_in(struct cvm_pages *pages, unsigned order,
					      uint32_t *number)
{
	/* Bringing in pieces until they happen to merge could accept all memory. */
	if (order > CVM_SECTION_ORDER)
		return online_block(pages, order, number);
	do {
		int error = online_piece(pages, order);

		if (error)
			return error;
		*number = buddy_take(pages, order);
	} while (*number == CVM_NO_PAGE);
	return 0;
}

int pages_take(struct cvm_pages *pages, unsigned order, uint32_t *number)
{
	*number = buddy_take(pages, order);
	return *number == CVM_NO_PAGE ? bring_in(pages, order, number) : 0;
}

static int alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa, bool online)
{
	uint32_t number;
	int error;

	if (order > CVM_MAX_ORDER)
		return CVM_EINVAL;
	pages_lock(pages);
	if (online) {
		error = pages_take(pages, order, &number);
	} else {
		number = buddy_take(pages, order);
		error = number == CVM_NO_PAGE ? CVM_ENOMEM : 0;
	}
	if (!error) {
		struct cvm_page *page = page_known(pages, number);

		page_set(page, PAGE_ALLOCATED, order);
		page->owner = 0;
		pages->allocated += UINT64_C(1) << order;
	}
	pages_unlock(pages);
	if (error)
		return error;
	*gpa = page_gpa(pages, number);
	CVM_ASSERT(!pages_unaccepted(pages, *gpa, *gpa + (CVM_PAGE_SIZE << order)));
	return 0;
}

int cvm_pages_alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa)
{
	return alloc(pages, order, gpa, true);
}

int cvm_pages_try_alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa)
{
	return alloc(pages, order, gpa, false);
}

int cvm_pages_free(struct cvm_pages *pages, uint64_t gpa, unsigned order)
{
	struct cvm_page *page;
	int error = CVM_EINVAL;

	pages_lock(pages);
	page = page_at(pages, gpa);
	if (page && page_state(page) == PAGE_SHARED) {
		error = CVM_EBUSY;
	} else if (page && page_leave(page, PAGE_ABSENT, order)) {
		pages->allocated -= UINT64_C(1) << order;
		buddy_put(pages, page_number(pages, gpa), order);
		error = 0;
	}
	pages_unlock(pages);
	return error;
}

uint32_t *cvm_pages_owner(struct cvm_pages *pages, uint64_t gpa)
{
	struct cvm_page *page = page_at(pages, gpa);

	return page && page_state(page) >= PAGE_ALLOCATED ? &page->owner : NULL;
}

bool cvm_pages_watch(struct cvm_pages *pages, uint64_t below, void (*call)(void *ctx), void *ctx)
{
	bool armed;

	pages_lock(pages);
	armed = pages->free_online << CVM_PAGE_SHIFT >= below;
	pages->watch_pages = armed ? below >> CVM_PAGE_SHIFT : 0;
	pages->watch = call;
	pages->watch_ctx = ctx;
	pages_unlock(pages);
	return armed;
}

struct pages_hook pages_watch_due(struct cvm_pages *pages)
{
	struct pages_hook hook;

	hook.call = NULL;
	hook.ctx = NULL;
	if (pages->free_online < pages->watch_pages) {
		pages->watch_pages = 0;
		hook.call = pages->watch;
		hook.ctx = pages->watch_ctx;
	}
	return hook;
}

void cvm_pages_stats(struct cvm_pages *pages, struct cvm_pages_stats *out)
{
	const struct cvm_table *table = pages_table(pages);
	uint64_t unaccepted = 0;

	pages_lock(pages);
	for (struct cvm_offline *range = pages->offline; table && range; range = range->next)
		unaccepted += cvm_table_count(table, range->start, range->end) >> CVM_PAGE_SHIFT;
	out->total = pages->total;
	out->offline = pages->offline_pages;
	out->free = pages->free_online + pages->offline_pages;
	out->allocated = pages->allocated;
	out->meta = pages->meta_pages;
	out->lost = pages->lost;
	out->unaccepted = unaccepted;
	out->accepted = pages->total - unaccepted - pages->lost;
	for (unsigned order = 0; order < CVM_ORDERS; order++)
		out->free_blocks[order] = pages->free_blocks[order];
	pages_unlock(pages);
}
