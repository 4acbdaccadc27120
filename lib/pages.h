/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_PAGES_H
#define CVMEM_LIB_PAGES_H

#include <cvmem/pages.h>

#include "internal.h"

/*
 * What the allocator's files share. The way of a page: offline.c keeps ranges that
 * have not entered, online.c accepts a section and makes its descriptors with room
 * from meta.c, buddy.c keeps free blocks, pages.c is the door.
 */

#define CVM_NO_PAGE   UINT32_MAX
#define SECTION_PAGES (1u << CVM_SECTION_ORDER)

/* For one section: its descriptors, perhaps the GiB's index page, and ranges to split. */
#define META_FOR_SECTION                                                                           \
	(SECTION_PAGES * sizeof(struct cvm_page) + SECTION_PAGES * sizeof(struct cvm_page *) +     \
	 2 * sizeof(struct cvm_offline))
/* The smallest block that holds that much. */
#define META_MIN_ORDER 2
_Static_assert(META_FOR_SECTION <= 4096 << META_MIN_ORDER, "a block of descriptors is too small");

enum page_state {
	PAGE_ABSENT, /* not the allocator's, or not yet; also all but a block's first page */
	PAGE_FREE,
	PAGE_ALLOCATED,
	PAGE_SHARED, /* allocated, and not all private: next says how many pages (share_pages.c) */
};

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
 * GiB, so the number splits into GiB, section and page. */
static inline struct cvm_page *page_of(const struct cvm_pages *pages, uint32_t number)
{
	struct cvm_page **sections = pages->index[number >> CVM_MAX_ORDER];
	struct cvm_page *section;

	if (!sections)
		return NULL;
	section = sections[number >> CVM_SECTION_ORDER & 511];
	return section ? &section[number & 511] : NULL;
}

/* All of these are called with the lock held. */

/* buddy.c: take a free block of at least the order (CVM_NO_PAGE: none); put one in, merging. */
uint32_t buddy_take(struct cvm_pages *pages, unsigned order);
void buddy_put(struct cvm_pages *pages, uint32_t number, unsigned order);
/* Any range of whole pages, as the largest blocks that fit. */
void buddy_put_range(struct cvm_pages *pages, uint64_t start, uint64_t end);

/* offline.c: CVM_ENOMEM if there is no room for another range. */
int offline_add(struct cvm_pages *pages, uint64_t start, uint64_t end);
/* Take the next piece that lies in one section: accepted if there is such, else the lowest that
 * holds a block of the order, which is at most CVM_SECTION_ORDER, else the lowest. */
bool offline_take(struct cvm_pages *pages, unsigned order, uint64_t *start, uint64_t *end);
/* Take an aligned block of the order, which is above CVM_SECTION_ORDER. */
bool offline_take_block(struct cvm_pages *pages, unsigned order, uint64_t *start);
/* Take the highest whole section, accepted or not. */
bool offline_take_top(struct cvm_pages *pages, uint64_t *start);

/* meta.c: room for a section's descriptors; NULL: meta_grow() first. */
void *meta_alloc(struct cvm_pages *pages, size_t bytes);
/* Drops the lock while it accepts. CVM_ENOMEM: nothing is left to make room with. */
int meta_grow(struct cvm_pages *pages);

/*
 * online.c: bring one piece in, with a block of the order if there is such, for the caller to try
 * again; or a whole block, for the caller. They drop the lock while they accept. CVM_ENOMEM: there
 * is nothing left that fits.
 */
int online_piece(struct cvm_pages *pages, unsigned order);
int online_block(struct cvm_pages *pages, unsigned order, uint32_t *number);

#endif
