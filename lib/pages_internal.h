/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_PAGES_INTERNAL_H
#define CVMEM_LIB_PAGES_INTERNAL_H

#include <cvmem/pages.h>

#include "internal.h"
#include "lock.h"

/*
 * What the allocator's files share. pending.c keeps the ranges that are not populated; populate.c
 * populates them by pageblock; buddy.c keeps free blocks; pages.c is the interface; remove.c takes
 * ranges out; cache.c keeps blocks for one CPU.
 */

#define CVM_NO_PAGE	UINT64_MAX
#define SEGMENT_SHIFT	31 /* pages of a segment */
#define PAGEBLOCK_PAGES (1u << CVM_PAGEBLOCK_ORDER)

/* For one pageblock: its descriptors, perhaps the GiB's index page, and ranges to split. */
#define MEMMAP_FOR_PAGEBLOCK                                                                       \
	(PAGEBLOCK_PAGES * sizeof(struct cvm_page) + PAGEBLOCK_PAGES * sizeof(struct cvm_page *) + \
	 2 * sizeof(struct cvm_pending))
/* The smallest block that holds that much. */
#define MEMMAP_MIN_ORDER 2
_Static_assert(MEMMAP_FOR_PAGEBLOCK <= 4096 << MEMMAP_MIN_ORDER,
	       "a block of descriptors is too small");

enum block_state {
	BLOCK_ABSENT, /* not the allocator's, or not yet; also all but a block's first page */
	BLOCK_FREE,
	BLOCK_ISOLATED, /* was free, and is being removed */
	BLOCK_CACHED,	/* in a CPU's cache */
	BLOCK_ALLOCATED,
	BLOCK_SHARED, /* allocated, and not all private: next says how many pages (share.c) */
};

static inline const struct cvm_table *pages_table(const struct cvm_pages *pages)
{
	return pages->config.acceptor->config.table;
}

/* Does a range that ends here need the unit behind it, which is not accepted? */
static inline bool pages_guard_due(const struct cvm_pages *pages, uint64_t end)
{
	const struct cvm_acceptor_config *config = &pages->config.acceptor->config;

	return config->guard && config->table && !(end & (config->table->unit_size - 1)) &&
	       cvm_is_unaccepted(pages->config.acceptor, end, end + 1);
}

static inline void pages_lock(struct cvm_pages *pages)
{
	cvm_lock(&pages->lock, &pages->host);
}

static inline void pages_unlock(struct cvm_pages *pages)
{
	cvm_unlock(&pages->lock, &pages->host);
}

static inline uint64_t page_number(const struct cvm_pages *pages, uint64_t gpa)
{
	return (gpa - pages->config.start) >> CVM_PAGE_SHIFT;
}

static inline uint64_t page_gpa(const struct cvm_pages *pages, uint64_t number)
{
	return pages->config.start + (number << CVM_PAGE_SHIFT);
}

/* The descriptor of a page, by its number and the index from number 0 on; NULL: its pageblock is
 * not populated. The index starts on a GiB, so the number splits into GiB, pageblock and page.
 * Needs no lock: a descriptor is never freed. */
static inline struct cvm_page *page_in(struct cvm_page ***index, uint64_t number)
{
	struct cvm_page **pageblocks, *pageblock;

	pageblocks = __atomic_load_n(&index[number >> CVM_MAX_ORDER], __ATOMIC_ACQUIRE);
	if (!pageblocks)
		return NULL;
	pageblock =
		__atomic_load_n(&pageblocks[number >> CVM_PAGEBLOCK_ORDER & 511], __ATOMIC_ACQUIRE);
	return pageblock ? &pageblock[number & 511] : NULL;
}

static inline struct cvm_page *page_of(const struct cvm_pages *pages, uint64_t number)
{
	return page_in(pages->index, number);
}

/* The same for a page that has one, since it belongs to a block. */
static inline struct cvm_page *page_known(const struct cvm_pages *pages, uint64_t number)
{
	struct cvm_page *page = page_of(pages, number);

	if (!page)
		__builtin_unreachable();
	return page;
}

/*
 * A block goes from allocated to cached and back without the lock, by the CPU that owns it or its
 * cache; all other changes need the lock. A CPU that reads the state of another's block sees one of
 * the two.
 */
static inline uint8_t block_state(const struct cvm_page *page)
{
	return __atomic_load_n(&page->state, __ATOMIC_RELAXED);
}

static inline void page_set(struct cvm_page *page, enum block_state state, unsigned order)
{
	__atomic_store_n(&page->order, (uint8_t)order, __ATOMIC_RELAXED);
	__atomic_store_n(&page->state, (uint8_t)state, __ATOMIC_RELAXED);
}

/* From allocated to another state, for one CPU alone: a second free finds it changed. */
static inline bool page_leave(struct cvm_page *page, enum block_state to, unsigned order)
{
	uint8_t allocated = BLOCK_ALLOCATED;

	return __atomic_load_n(&page->order, __ATOMIC_RELAXED) == order &&
	       __atomic_compare_exchange_n(&page->state, &allocated, (uint8_t)to, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* The descriptor at an address that the embedder passes; NULL: it has none. */
static inline struct cvm_page *page_at(const struct cvm_pages *pages, uint64_t gpa)
{
	if (gpa % CVM_PAGE_SIZE || gpa < pages->config.start || gpa >= pages->config.end)
		return NULL;
	return page_of(pages, page_number(pages, gpa));
}

/* All of these need the lock, and assert it. */

/* buddy.c: no block is free; pages->index is set. No lock. */
void cvm_buddy_init(struct cvm_pages *pages, struct cvm_segment *segment, uint64_t segments);
/* Take a free block of at least the order (CVM_NO_PAGE: none); put one in, merging. */
uint64_t cvm_buddy_take(struct cvm_pages *pages, unsigned order);
void cvm_buddy_put(struct cvm_pages *pages, uint64_t number, unsigned order);
/* The block that holds the page, by its first page; NULL: none, the page is not the allocator's. */
struct cvm_page *cvm_buddy_find(const struct cvm_pages *pages, uint64_t number, uint64_t *first);
/* Take pages [number, last) out of the free block that holds page `number`, as far as it reaches:
 * they become isolated blocks. Returns where it ends. */
uint64_t cvm_buddy_isolate(struct cvm_pages *pages, uint64_t number, uint64_t last);
/* Any range of whole pages, as the largest blocks that fit. */
void cvm_buddy_put_range(struct cvm_pages *pages, uint64_t start, uint64_t end);

/* pending.c: nothing is pending. No lock. */
void cvm_pending_init(struct cvm_pages *pages);
/* Joined with the ranges that it touches. CVM_ENOMEM if it needs a range of its own and there are
 * not `room` bytes for ranges. */
int cvm_pending_add(struct cvm_pages *pages, uint64_t start, uint64_t end, size_t room);
/*
 * The next part that lies in one pageblock, if possible with a block of the order in it: accepted
 * memory first, else the lowest that no other CPU is accepting. small: without the last page if
 * that page's guard is not accepted, so that no part needs more than one unit. What it reads of the
 * bitmap in one call does not grow with memory: CVM_FOUND_MORE asks for another call, and gives
 * other CPUs the lock before it.
 */
enum cvm_found { CVM_FOUND_NONE, CVM_FOUND, CVM_FOUND_MORE };
enum cvm_found cvm_pending_next(struct cvm_pages *pages, unsigned order, bool small,
				uint64_t *start, uint64_t *end);
/* Add the unaccepted bytes from *from on, likewise in steps. false: that was all. */
bool cvm_pending_count(struct cvm_pages *pages, uint64_t *from, uint64_t *unaccepted);
/* Take what cvm_pending_next() found, or the lower part of it. false: there is no room. */
bool cvm_pending_cut(struct cvm_pages *pages, uint64_t start, uint64_t end);
/* Move [start, end), the part of it that is pending from start on, to the isolated ranges; *end:
 * where it ends. CVM_EBUSY: start is not pending. CVM_ENOMEM: no room for a range. */
int cvm_pending_isolate(struct cvm_pages *pages, uint64_t start, uint64_t *end);
/* The isolated ranges in [start, end) are pending again, or nothing any more. */
void cvm_pending_settle(struct cvm_pages *pages, uint64_t start, uint64_t end, bool back);
/* Take an aligned block of the order, which is above CVM_PAGEBLOCK_ORDER. */
bool cvm_pending_take_block(struct cvm_pages *pages, unsigned order, uint64_t *start);
/* Take the highest whole pageblock, accepted or not. */
bool cvm_pending_take_top(struct cvm_pages *pages, uint64_t *start);

static inline bool memmap_has_room(const struct cvm_pages *pages)
{
	return pages->memmap_end - pages->memmap >= MEMMAP_FOR_PAGEBLOCK;
}

/*
 * Room for descriptors, index pages and range nodes: allocated in ascending order and never
 * freed. A pageblock of it describes 255 others. NULL: there is none.
 */
static inline void *memmap_alloc(struct cvm_pages *pages, size_t bytes)
{
	uintptr_t start = pages->memmap;

	if (pages->memmap_end - start < bytes)
		return NULL;
	pages->memmap = start + cvm_round_up(bytes, 16);
	cvm_clear((void *)start, bytes);
	return (void *)start;
}

/*
 * What the last pageblock of a removable span must find beside its descriptors: populate.c asks for
 * the room of any pageblock.
 */
#define RANGES_BEHIND (MEMMAP_FOR_PAGEBLOCK - PAGEBLOCK_PAGES * sizeof(struct cvm_page))

/* Room for ranges. Where it never grows, descriptors of what was added come first. */
static inline size_t pages_range_room(const struct cvm_pages *pages)
{
	return pages->config.removable ? pages->range_bytes : pages->memmap_end - pages->memmap;
}

/* populate.c: a free block, populating if necessary; and the call of the watermark that is due. */
int cvm_pages_take(struct cvm_pages *pages, unsigned order, uint64_t *number);
struct watermark_hook {
	void (*call)(void *ctx);
	void *ctx;
};
struct watermark_hook cvm_pages_watermark_due(struct cvm_pages *pages);

#endif
