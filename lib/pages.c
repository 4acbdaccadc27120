/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/*
 * The page allocator: its memory, allocation and free, counters; and the allocator as a source of
 * the reserve.
 */

#define GIB (UINT64_C(1) << 30)

static uint64_t gibs_in(uint64_t start, uint64_t end)
{
	return cvm_round_up(end - start, GIB) / GIB;
}

static uint64_t segments_in(uint64_t start, uint64_t end)
{
	return cvm_round_up(end - start, CVM_PAGE_SIZE << SEGMENT_SHIFT) >>
	       (SEGMENT_SHIFT + CVM_PAGE_SHIFT);
}

size_t cvm_pages_index_bytes(uint64_t start, uint64_t end)
{
	uint64_t bytes;

	start = cvm_round_down(start, GIB);
	if (start >= end || end - start > CVM_PHYS_END)
		return 0;
	bytes = gibs_in(start, end) * sizeof(struct cvm_page **);
	if (segments_in(start, end) > 1)
		bytes += segments_in(start, end) * sizeof(struct cvm_segment);
	return (size_t)bytes;
}

size_t cvm_pages_seed_bytes(uint64_t start, uint64_t end)
{
	start = cvm_round_down(start, GIB);
	if (start >= end || end - start > CVM_PHYS_END)
		return 0;
	return (size_t)(CVM_PAGES_SEED +
			gibs_in(start, end) * PAGEBLOCK_PAGES * sizeof(struct cvm_page *) +
			gibs_in(start, end) * PAGEBLOCK_PAGES * PAGEBLOCK_PAGES *
				sizeof(struct cvm_page));
}

/* The index, and behind it the segments if there are several. */
static void start_index(struct cvm_pages *pages)
{
	uint64_t start = pages->config.start, end = pages->config.end;
	struct cvm_segment *segment = &pages->first;

	pages->index = pages->config.index;
	cvm_clear(pages->index, gibs_in(start, end) * sizeof(*pages->index));
	if (segments_in(start, end) > 1)
		segment = (struct cvm_segment *)&pages->index[gibs_in(start, end)];
	cvm_buddy_init(pages, segment, segments_in(start, end));
}

static bool is_listed(const struct cvm_acceptor *acceptor, const struct cvm_pages *pages)
{
	const struct cvm_pages *at = __atomic_load_n(&acceptor->pages, __ATOMIC_ACQUIRE);

	while (at && at != pages)
		at = at->next;
	return at;
}

/* An allocator that is set up: from now on conversions find it. Nothing ever leaves the list. */
static void add_to_list(struct cvm_acceptor *acceptor, struct cvm_pages *pages)
{
	struct cvm_pages *first = __atomic_load_n(&acceptor->pages, __ATOMIC_RELAXED);

	do
		pages->next = first;
	while (!__atomic_compare_exchange_n(&acceptor->pages, &first, pages, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
}

int cvm_pages_init(struct cvm_pages *pages, const struct cvm_pages_config *config)
{
	struct cvm_pages *next = NULL;
	bool listed;

	if (!config->acceptor || !config->index || (uintptr_t)config->index % 8 || !config->seed ||
	    (uintptr_t)config->seed % 16 || config->seed_bytes < CVM_PAGES_SEED ||
	    (config->removable &&
	     config->seed_bytes < cvm_pages_seed_bytes(config->start, config->end)))
		return CVM_EINVAL;
	if (!cvm_pages_index_bytes(config->start, config->end))
		return CVM_ERANGE;
	listed = is_listed(config->acceptor, pages);
	if (listed)
		next = pages->next;
	cvm_clear(pages, sizeof(*pages));
	pages->next = next;
	cvm_copy(&pages->config, config, sizeof(*config));
	cvm_copy(&pages->host, &config->acceptor->host, sizeof(pages->host));
	pages->config.start = cvm_round_down(config->start, GIB);
	start_index(pages);
	pages->memmap = (uintptr_t)config->seed;
	pages->memmap_end = pages->memmap + cvm_round_down(config->seed_bytes, 16);
	/* Population keeps the room of a pageblock ahead, though the last needs no index page. */
	if (config->removable)
		pages->range_bytes = pages->memmap_end - pages->memmap -
				     cvm_pages_seed_bytes(config->start, config->end) +
				     CVM_PAGES_SEED - RANGES_BEHIND;
	cvm_pending_init(pages);
	if (!listed)
		add_to_list(config->acceptor, pages);
	return 0;
}

int cvm_pages_add(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	uint64_t top;
	int error;

	if (start >= end || (start | end) % CVM_PAGE_SIZE)
		return CVM_EINVAL;
	top = pages->config.acceptor->config.platform->gpa_end;
	if (start < pages->config.start || end > pages->config.end || (top && end > top))
		return CVM_ERANGE;
	pages_lock(pages);
	/* Keep room for the split that the first pageblock of descriptors may need. */
	error = cvm_pending_add(pages, start, end, 4 * sizeof(struct cvm_pending));
	if (!error)
		pages->total += (end - start) >> CVM_PAGE_SHIFT;
	pages_unlock(pages);
	return error;
}

static int alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa, bool may_populate)
{
	uint64_t number;
	int error;

	if (order > CVM_MAX_ORDER)
		return CVM_EINVAL;
	pages_lock(pages);
	if (may_populate) {
		error = cvm_pages_take(pages, order, &number);
	} else {
		number = cvm_buddy_take(pages, order);
		error = number == CVM_NO_PAGE ? CVM_ENOMEM : 0;
	}
	if (!error) {
		struct cvm_page *page = page_known(pages, number);

		page_set(page, BLOCK_ALLOCATED, order);
		page->owner = 0;
		pages->allocated += UINT64_C(1) << order;
	}
	pages_unlock(pages);
	if (error)
		return error;
	*gpa = page_gpa(pages, number);
	CVM_ASSERT(
		!cvm_is_unaccepted(pages->config.acceptor, *gpa, *gpa + (CVM_PAGE_SIZE << order)));
	return 0;
}

int cvm_pages_alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa)
{
	return alloc(pages, order, gpa, true);
}

int cvm_pages_alloc_nowait(struct cvm_pages *pages, unsigned order, uint64_t *gpa)
{
	return alloc(pages, order, gpa, false);
}

int cvm_pages_free(struct cvm_pages *pages, uint64_t gpa, unsigned order)
{
	struct cvm_page *page;
	int error = CVM_EINVAL;

	pages_lock(pages);
	page = page_at(pages, gpa);
	if (page && block_state(page) == BLOCK_SHARED) {
		error = CVM_EBUSY;
	} else if (page && page_leave(page, BLOCK_ABSENT, order)) {
		pages->allocated -= UINT64_C(1) << order;
		cvm_buddy_put(pages, page_number(pages, gpa), order);
		error = 0;
	}
	pages_unlock(pages);
	return error;
}

uint32_t *cvm_pages_owner(struct cvm_pages *pages, uint64_t gpa)
{
	struct cvm_page *page = page_at(pages, gpa);

	return page && block_state(page) >= BLOCK_ALLOCATED ? &page->owner : NULL;
}

void cvm_pages_get_stats(struct cvm_pages *pages, struct cvm_pages_stats *out)
{
	uint64_t from = 0, unaccepted = 0;

	pages_lock(pages);
	/* The bitmap grows with memory, so one hold of the lock reads a part of it. */
	while (cvm_pending_count(pages, &from, &unaccepted)) {
		pages_unlock(pages);
		pages_lock(pages);
	}
	unaccepted >>= CVM_PAGE_SHIFT;
	out->total = pages->total;
	out->pending = pages->pending_pages;
	out->free = pages->free_pages + pages->pending_pages;
	out->allocated = pages->allocated;
	out->memmap = pages->memmap_pages;
	out->failed = pages->failed;
	out->unaccepted = unaccepted;
	out->accepted = pages->total - unaccepted - pages->failed;
	for (unsigned order = 0; order < CVM_ORDERS; order++)
		out->free_blocks[order] = pages->free_blocks[order];
	pages_unlock(pages);
}

/* The page allocator as a source. */

static struct cvm_pages *pages_of(struct cvm_source *source)
{
	return ((struct cvm_pages_source *)source)->pages;
}

static void sample_source(struct cvm_source *source, uint64_t *ready, uint64_t *used)
{
	struct cvm_pages *pages = pages_of(source);

	pages_lock(pages);
	*ready = pages->free_pages << CVM_PAGE_SHIFT;
	*used = pages->allocated << CVM_PAGE_SHIFT;
	pages_unlock(pages);
}

static int populate_source(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes)
{
	return cvm_pages_populate(pages_of(source), cause, bytes);
}

static bool set_source_watermark(struct cvm_source *source, uint64_t below, void (*call)(void *ctx),
				 void *ctx)
{
	return cvm_pages_set_watermark(pages_of(source), below, call, ctx);
}

void cvm_pages_source_init(struct cvm_pages_source *source, struct cvm_pages *pages)
{
	source->source.sample = sample_source;
	source->source.populate = populate_source;
	source->source.set_watermark = set_source_watermark;
	source->source.unit_bytes = CVM_PAGEBLOCK;
	source->pages = pages;
}
