/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_PAGES_INTERNAL_H
#define CVMEM_LIB_PAGES_INTERNAL_H

#include <cvmem/pages.h>

#include "internal.h"

/*
 * What the allocator's files share. pending.c keeps the ranges that are not in the allocator yet;
 * pages.c, the interface, accepts a section of them and makes its descriptors; buddy.c keeps free
 * blocks; cache.c keeps blocks for one CPU.
 */

#define CVM_NO_PAGE   UINT32_MAX
#define SECTION_PAGES (1u << CVM_SECTION_ORDER)

/* For one section: its descriptors, perhaps the GiB's index page, and ranges to split. */
#define MEMMAP_FOR_SECTION                                                                         \
	(SECTION_PAGES * sizeof(struct cvm_page) + SECTION_PAGES * sizeof(struct cvm_page *) +     \
	 2 * sizeof(struct cvm_offline))
/* The smallest block that holds that much. */
#define MEMMAP_MIN_ORDER 2
_Static_assert(MEMMAP_FOR_SECTION <= 4096 << MEMMAP_MIN_ORDER,
	       "a block of descriptors is too small");

enum page_state {
	PAGE_ABSENT, /* not the allocator's, or not yet; also all but a block's first page */
	PAGE_FREE,
	PAGE_CACHED, /* in a CPU's cache */
	PAGE_ALLOCATED,
	PAGE_SHARED, /* allocated, and not all private: next says how many pages (share.c) */
};

/*
 * The calls of the acceptor, all of them. With CVM_NO_ACCEPT all memory counts as accepted:
 * the same allocator without acceptance, to measure what acceptance costs.
 */
#ifdef CVM_NO_ACCEPT
static inline int pages_accept(struct cvm_pages *pages, uint64_t start, uint64_t end,
			       enum cvm_cause cause)
{
	return 0;
}

static inline bool pages_unaccepted(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return false;
}

static inline bool pages_guard_due(const struct cvm_pages *pages, uint64_t end)
{
	return false;
}

static inline bool pages_would_wait(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return false;
}

static inline const struct cvm_table *pages_table(const struct cvm_pages *pages)
{
	return NULL;
}
#else
static inline int pages_accept(struct cvm_pages *pages, uint64_t start, uint64_t end,
			       enum cvm_cause cause)
{
	return cvm_accept(pages->config.acceptor, start, end, cause);
}

static inline bool pages_unaccepted(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return cvm_is_unaccepted(pages->config.acceptor, start, end);
}

/* Does a range that ends here need the unit behind it, which is not accepted? */
static inline bool pages_guard_due(const struct cvm_pages *pages, uint64_t end)
{
	const struct cvm_accept_config *config = &pages->config.acceptor->config;

	return config->guard && config->table && !(end & (config->table->unit_size - 1)) &&
	       cvm_is_unaccepted(pages->config.acceptor, end, end + 1);
}

static inline bool pages_would_wait(const struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	return cvm_accept_would_wait(pages->config.acceptor, start, end);
}

static inline const struct cvm_table *pages_table(const struct cvm_pages *pages)
{
	return pages->config.acceptor->config.table;
}
#endif

static inline void pages_relax(const struct cvm_pages *pages)
{
	if (pages->config.relax)
		pages->config.relax(pages->config.ctx);
	else
		cvm_pause();
}

static inline void pages_lock(struct cvm_pages *pages)
{
	unsigned long flags = 0;

	if (pages->config.irq_save)
		flags = pages->config.irq_save(pages->config.ctx);
	while (__atomic_exchange_n(&pages->lock, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&pages->lock, __ATOMIC_RELAXED))
			pages_relax(pages);
	pages->irq_flags = flags;
}

static inline void pages_unlock(struct cvm_pages *pages)
{
	unsigned long flags = pages->irq_flags;

	__atomic_store_n(&pages->lock, 0, __ATOMIC_RELEASE);
	if (pages->config.irq_restore)
		pages->config.irq_restore(pages->config.ctx, flags);
}

static inline uint32_t page_number(const struct cvm_pages *pages, uint64_t gpa)
{
	return (uint32_t)((gpa - pages->config.start) >> CVM_PAGE_SHIFT);
}

static inline uint64_t page_gpa(const struct cvm_pages *pages, uint32_t number)
{
	return pages->config.start + ((uint64_t)number << CVM_PAGE_SHIFT);
}

/* The descriptor of a page, by its number; NULL: its section is not in use. The span starts on a
 * GiB, so the number splits into GiB, section and page. Needs no lock: a descriptor is never
 * given back. */
static inline struct cvm_page *page_of(const struct cvm_pages *pages, uint32_t number)
{
	struct cvm_page **sections, *section;

	sections = __atomic_load_n(&pages->index[number >> CVM_MAX_ORDER], __ATOMIC_ACQUIRE);
	if (!sections)
		return NULL;
	section = __atomic_load_n(&sections[number >> CVM_SECTION_ORDER & 511], __ATOMIC_ACQUIRE);
	return section ? &section[number & 511] : NULL;
}

/* The same of a page that has one, since it is a block's. */
static inline struct cvm_page *page_known(const struct cvm_pages *pages, uint32_t number)
{
	struct cvm_page *page = page_of(pages, number);

	if (!page)
		__builtin_unreachable();
	return page;
}

/*
 * A block goes from allocated to cached and back without the lock, by the CPU that owns it or its
 * cache; all other changes need the lock. Who looks at another's block sees one of the two.
 */
static inline uint8_t page_state(const struct cvm_page *page)
{
	return __atomic_load_n(&page->state, __ATOMIC_RELAXED);
}

static inline void page_set(struct cvm_page *page, enum page_state state, unsigned order)
{
	__atomic_store_n(&page->order, (uint8_t)order, __ATOMIC_RELAXED);
	__atomic_store_n(&page->state, (uint8_t)state, __ATOMIC_RELAXED);
}

/* From allocated to another state, for one CPU alone: a second free finds it changed. */
static inline bool page_leave(struct cvm_page *page, enum page_state to, unsigned order)
{
	uint8_t allocated = PAGE_ALLOCATED;

	return __atomic_load_n(&page->order, __ATOMIC_RELAXED) == order &&
	       __atomic_compare_exchange_n(&page->state, &allocated, (uint8_t)to, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* The descriptor at an address that the embedder names; NULL: it has none. */
static inline struct cvm_page *page_at(const struct cvm_pages *pages, uint64_t gpa)
{
	if (gpa % CVM_PAGE_SIZE || gpa < pages->config.start || gpa >= pages->config.end)
		return NULL;
	return page_of(pages, page_number(pages, gpa));
}

/* All of these are called with the lock held. */

/* buddy.c: take a free block of at least the order (CVM_NO_PAGE: none); put one in, merging. */
uint32_t cvm_buddy_take(struct cvm_pages *pages, unsigned order);
void cvm_buddy_put(struct cvm_pages *pages, uint32_t number, unsigned order);
/* Any range of whole pages, as the largest blocks that fit. */
void cvm_buddy_put_range(struct cvm_pages *pages, uint64_t start, uint64_t end);

/* pending.c: CVM_ENOMEM if there is no room for another range. */
int cvm_pending_add(struct cvm_pages *pages, uint64_t start, uint64_t end);
/*
 * The next piece that lies in one section, if possible with a block of the order in it: accepted
 * if there is such, else the lowest that no other CPU is accepting. small: without the last page
 * if that page's guard is not accepted, so that no piece takes more than one unit.
 */
bool cvm_pending_next(struct cvm_pages *pages, unsigned order, bool small, uint64_t *start,
		      uint64_t *end);
/* Take what cvm_pending_next() found, or the lower part of it. false: there is no room. */
bool cvm_pending_cut(struct cvm_pages *pages, uint64_t start, uint64_t end);
/* Take an aligned block of the order, which is above CVM_SECTION_ORDER. */
bool cvm_pending_take_block(struct cvm_pages *pages, unsigned order, uint64_t *start);
/* Take the highest whole section, accepted or not. */
bool cvm_pending_take_top(struct cvm_pages *pages, uint64_t *start);

static inline bool memmap_has_room(const struct cvm_pages *pages)
{
	return pages->meta_end - pages->meta >= MEMMAP_FOR_SECTION;
}

/*
 * Room for descriptors, index pages and range nodes: handed out in ascending order and never
 * given back. A section of it describes 255 others. NULL: there is none.
 */
static inline void *memmap_alloc(struct cvm_pages *pages, size_t bytes)
{
	uintptr_t start = pages->meta;

	if (pages->meta_end - start < bytes)
		return NULL;
	pages->meta = start + cvm_round_up(bytes, 16);
	cvm_clear((void *)start, bytes);
	return (void *)start;
}

/* pages.c: a block from what is free or what can be brought in; the hook that is due. */
int cvm_pages_take(struct cvm_pages *pages, unsigned order, uint32_t *number);
struct pages_hook {
	void (*call)(void *ctx);
	void *ctx;
};
struct pages_hook cvm_pages_hook_due(struct cvm_pages *pages);

#endif
