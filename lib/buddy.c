/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/*
 * Free blocks: a list for each order, neighbours merged. The lists belong to a segment of the span,
 * and page numbers here are those within the segment: a descriptor has 32 bits for each link.
 */

#define NO_LINK UINT32_MAX

static struct cvm_page *linked(const struct cvm_segment *segment, uint32_t number)
{
	struct cvm_page *page = page_in(segment->index, number);

	if (!page)
		__builtin_unreachable();
	return page;
}

/* The descriptor of another page of the same segment; NULL: it has none. Those of a pageblock lie
 * one behind the other. */
static struct cvm_page *relative(const struct cvm_segment *segment, struct cvm_page *page,
				 uint32_t number, uint32_t other)
{
	if ((number ^ other) < PAGEBLOCK_PAGES)
		return page + ((ptrdiff_t)other - (ptrdiff_t)number);
	return page_in(segment->index, other);
}

/* Every allocation and free comes through these. */
#define INLINE inline __attribute__((__always_inline__))

static INLINE void list_add(struct cvm_pages *pages, struct cvm_segment *segment,
			    struct cvm_page *page, uint32_t number, unsigned order)
{
	uint32_t next = segment->head[order];

	page_set(page, BLOCK_FREE, order);
	page->prev = NO_LINK;
	page->next = next;
	if (next != NO_LINK)
		linked(segment, next)->prev = number;
	segment->head[order] = number;
	segment->nonempty |= 1u << order;
	pages->free_blocks[order]++;
}

static INLINE void list_remove(struct cvm_pages *pages, struct cvm_segment *segment,
			       struct cvm_page *page)
{
	unsigned order = page->order;

	CVM_ASSERT(block_state(page) == BLOCK_FREE);
	if (page->prev == NO_LINK)
		segment->head[order] = page->next;
	else
		linked(segment, page->prev)->next = page->next;
	if (page->next != NO_LINK)
		linked(segment, page->next)->prev = page->prev;
	if (segment->head[order] == NO_LINK)
		segment->nonempty &= ~(1u << order);
	pages->free_blocks[order]--;
	page_set(page, BLOCK_ABSENT, 0);
}

/* Remove the first block of a list. */
static INLINE void list_pop(struct cvm_pages *pages, struct cvm_segment *segment,
			    struct cvm_page *page, unsigned order)
{
	uint32_t next = page->next;

	CVM_ASSERT(block_state(page) == BLOCK_FREE && page->order == order);
	CVM_ASSERT(page->prev == NO_LINK);
	segment->head[order] = next;
	if (next != NO_LINK)
		linked(segment, next)->prev = NO_LINK;
	else
		segment->nonempty &= ~(1u << order);
	pages->free_blocks[order]--;
	page_set(page, BLOCK_ABSENT, 0);
}

void cvm_buddy_init(struct cvm_pages *pages, struct cvm_segment *segment, uint64_t segments)
{
	pages->segment = pages->current = segment;
	pages->segments = segments;
	for (uint64_t i = 0; i < segments; i++) {
		segment[i].base = i << SEGMENT_SHIFT;
		segment[i].index = &pages->index[segment[i].base >> CVM_MAX_ORDER];
		segment[i].nonempty = 0;
		for (unsigned order = 0; order < CVM_ORDERS; order++)
			segment[i].head[order] = NO_LINK;
	}
}

static struct cvm_segment *segment_of(struct cvm_pages *pages, uint64_t number)
{
	return &pages->segment[number >> SEGMENT_SHIFT];
}

/* The current segment has no block that is large enough. */
static __attribute__((__noinline__)) struct cvm_segment *next_segment(struct cvm_pages *pages,
								      unsigned order)
{
	for (uint64_t i = 0; i < pages->segments; i++) {
		if (!(pages->segment[i].nonempty >> order))
			continue;
		pages->current = &pages->segment[i];
		return pages->current;
	}
	return NULL;
}

uint64_t cvm_buddy_take(struct cvm_pages *pages, unsigned order)
{
	struct cvm_segment *segment = pages->current;
	uint32_t fits = segment->nonempty >> order, number;
	struct cvm_page *page;
	unsigned from;

	CVM_ASSERT_HELD(&pages->lock);
	if (!fits) {
		segment = next_segment(pages, order);
		if (!segment)
			return CVM_NO_PAGE;
		fits = segment->nonempty >> order;
	}
	from = order + (unsigned)__builtin_ctz(fits);
	number = segment->head[from];
	page = linked(segment, number);
	list_pop(pages, segment, page, from);
	while (from > order) {
		uint32_t upper = number + (1u << --from);
		struct cvm_page *half = relative(segment, page, number, upper);

		if (!half)
			__builtin_unreachable();
		list_add(pages, segment, half, upper, from);
	}
	pages->free_pages -= UINT64_C(1) << order;
	return segment->base + number;
}

void cvm_buddy_put(struct cvm_pages *pages, uint64_t at, unsigned order)
{
	struct cvm_segment *segment = segment_of(pages, at);
	uint32_t number = (uint32_t)(at - segment->base);
	struct cvm_page *page = linked(segment, number);

	CVM_ASSERT_HELD(&pages->lock);
	pages->free_pages += UINT64_C(1) << order;
	while (order < CVM_MAX_ORDER) {
		uint32_t other = number ^ 1u << order;
		struct cvm_page *buddy = relative(segment, page, number, other);

		if (!buddy || block_state(buddy) != BLOCK_FREE || buddy->order != order)
			break;
		list_remove(pages, segment, buddy);
		if (other < number) {
			/* It may come from a cache, and is no block's first page now. */
			page_set(page, BLOCK_ABSENT, 0);
			number = other;
			page = buddy;
		}
		order++;
	}
	list_add(pages, segment, page, number, order);
}

/* The order of the largest block that begins with page `number` and ends at `last` or before. */
static unsigned largest_block(uint64_t number, uint64_t last)
{
	unsigned order = number ? (unsigned)__builtin_ctzll(number) : CVM_MAX_ORDER;

	if (order > CVM_MAX_ORDER)
		order = CVM_MAX_ORDER;
	while ((UINT64_C(1) << order) > last - number)
		order--;
	return order;
}

static void put_numbers(struct cvm_pages *pages, uint64_t number, uint64_t last)
{
	while (number < last) {
		unsigned order = largest_block(number, last);

		cvm_buddy_put(pages, number, order);
		number += UINT64_C(1) << order;
	}
}

void cvm_buddy_put_range(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	put_numbers(pages, page_number(pages, start), page_number(pages, end));
}

struct cvm_page *cvm_buddy_find(const struct cvm_pages *pages, uint64_t number, uint64_t *first)
{
	for (unsigned order = 0; order < CVM_ORDERS; order++) {
		struct cvm_page *page;

		*first = number >> order << order;
		page = page_of(pages, *first);
		if (page && block_state(page) != BLOCK_ABSENT &&
		    __atomic_load_n(&page->order, __ATOMIC_RELAXED) >= order)
			return page;
	}
	return NULL;
}

uint64_t cvm_buddy_isolate(struct cvm_pages *pages, uint64_t number, uint64_t last)
{
	uint64_t first, end;
	struct cvm_page *page = cvm_buddy_find(pages, number, &first);

	CVM_ASSERT_HELD(&pages->lock);
	CVM_ASSERT(page && block_state(page) == BLOCK_FREE);
	end = first + (UINT64_C(1) << page->order);
	pages->free_pages -= end - first;
	list_remove(pages, segment_of(pages, first), page);
	last = cvm_min(last, end);
	/* Isolated first: what is put back shall not merge across it. */
	for (uint64_t at = number; at < last;) {
		unsigned order = largest_block(at, last);

		page_set(page_known(pages, at), BLOCK_ISOLATED, order);
		at += UINT64_C(1) << order;
	}
	put_numbers(pages, first, number);
	put_numbers(pages, last, end);
	return last;
}
