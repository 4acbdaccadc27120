/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PAGES_H
#define CVMEM_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/reserve.h>

/*
 * The page allocator: a buddy of orders 0 (4 KiB) to 18 (1 GiB) whose blocks are always
 * accepted (I3). Memory enters it a section (2 MiB) at a time, when it is needed:
 * the section is accepted if it is not yet, its descriptors are made, its pages become
 * free blocks. Until then a section costs nothing, so boot work does not grow with the
 * memory's size. Sections that are accepted already are taken first, then the lowest.
 *
 * Descriptors live outside the sections that they describe, in sections of their own
 * taken from the top of memory, so that blocks of 1 GiB can be whole. They are found by a
 * two-level index: an array with a pointer for each GiB, and for each GiB in
 * use a page with a pointer for each section.
 *
 * Any number of CPUs. One spinlock guards the lists; it is never held across the
 * platform's call.
 */

#define CVM_MAX_ORDER	  18
#define CVM_ORDERS	  (CVM_MAX_ORDER + 1)
#define CVM_SECTION_ORDER 9
#define CVM_SECTION	  (UINT64_C(2) << 20)

/* One for each 4 KiB page of a section in use; order and state are those of a block's
 * first page. */
struct cvm_page {
	uint32_t next, prev; /* free list, as page numbers from the span's start */
	uint8_t state, order;
	uint16_t reserved;
	uint32_t owner; /* the embedder's, of an allocated block; 0 when it is handed out */
};

/* A range of memory that has not entered the allocator yet. */
struct cvm_offline {
	uint64_t start, end;
	struct cvm_offline *next; /* by address */
};

struct cvm_pages_config {
	struct cvm_acceptor *acceptor;
	uintptr_t direct_map; /* memory at gpa is at gpa + direct_map */
	uint64_t start, end;  /* the span of all memory that will be added; below 16 TiB */
	void *index;	      /* cvm_pages_index_bytes(start, end) bytes, 8-byte aligned */
	/* Accepted memory for the first descriptors, from cvm_early_alloc(): 16-byte
	 * aligned, CVM_PAGES_SEED bytes or more. */
	void *seed;
	size_t seed_bytes;
	/* Called while another CPU holds the lock or brings memory in; NULL: pause. */
	void (*relax)(void *ctx);
	/* Around the lock, for embedders whose interrupt handlers allocate; both or none. */
	unsigned long (*irq_save)(void *ctx);
	void (*irq_restore)(void *ctx, unsigned long flags);
	void *ctx;
};

#define CVM_PAGES_SEED (64u << 10)

/* In pages of 4 KiB. Exact whenever no call is under way on another CPU. */
struct cvm_pages_stats {
	uint64_t total;	    /* all that was added */
	uint64_t free;	    /* not handed out, accepted or not */
	uint64_t offline;   /* of those, not entered yet: no descriptors */
	uint64_t allocated; /* handed out */
	uint64_t meta;	    /* taken for descriptors */
	uint64_t lost;	    /* could not be accepted */
	uint64_t accepted;  /* total = accepted + unaccepted + lost */
	uint64_t unaccepted;
	uint64_t free_blocks[CVM_ORDERS];
};

struct cvm_pages {
	struct cvm_pages_config config;
	uint32_t lock;
	unsigned long irq_flags; /* the holder's */
	uint32_t nonempty;	 /* orders with a free block, a bit each */
	uint32_t head[CVM_ORDERS];
	uint64_t free_blocks[CVM_ORDERS];
	struct cvm_page ***index;
	/* Memory that has not entered yet, and where the search for accepted parts goes on. */
	struct cvm_offline *offline, *spare;
	uint64_t scan;
	/* Room for descriptors, handed out from the low end. */
	uintptr_t meta, meta_end;
	bool meta_growing;
	unsigned in_flight;   /* sections on their way in */
	uint64_t watch_pages; /* cvm_pages_watch(); 0: off */
	void (*watch)(void *ctx);
	void *watch_ctx;
	uint64_t total, free_online, offline_pages, allocated, meta_pages, lost;
};

/* Bytes of index for a span; 0 if it is too large. */
size_t cvm_pages_index_bytes(uint64_t start, uint64_t end);

/*
 * An allocator without memory. One CPU.
 * CVM_EINVAL: no acceptor, no index, a seed that is too small or misaligned. CVM_ERANGE: a
 * span that is empty, or 16 TiB or more when it begins on a GiB.
 */
int cvm_pages_init(struct cvm_pages *pages, const struct cvm_pages_config *config);

/*
 * Add a free range, accepted or not: what cvm_early_next_free() gives. Costs the same
 * whatever its size.
 * CVM_EINVAL: start >= end, not 4 KiB aligned, or it overlaps memory that was added
 * and has not entered yet. CVM_ERANGE: outside the span. CVM_ENOMEM: no room for a descriptor.
 */
int cvm_pages_add(struct cvm_pages *pages, uint64_t start, uint64_t end);

/*
 * A block of 2^order pages, aligned to its size, accepted; its content is undefined.
 * Accepts nothing while free blocks last, else what the block needs and no more: for orders up
 * to 7 one section of 2 MiB (or one unit, if units are larger), guard and descriptors included;
 * for 8 and 9 up to two sections; above 9 the block, its guard and its descriptors. Does not wait
 * for a section that another CPU is accepting while there is another one to take.
 * CVM_EINVAL: order > 18. CVM_ENOMEM: nothing is left that fits; above order 9 a block is taken
 * from free blocks or from memory that has not entered yet, never from both. CVM_EREFUSED,
 * CVM_EDOUBLE: from cvm_accept(); the section is lost, call again for another.
 */
int cvm_pages_alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa);

/*
 * The same from what is free already: never accepts and never waits for the platform, so that an
 * interrupt handler may call it (with irq_save). CVM_ENOMEM: there is no such block now.
 */
int cvm_pages_try_alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa);

/*
 * Give a block back; it stays accepted (I3).
 * CVM_EINVAL: not an allocated block of that order. CVM_EBUSY: part of it is shared (share.h).
 * In both cases nothing is changed.
 */
int cvm_pages_free(struct cvm_pages *pages, uint64_t gpa, unsigned order);

/* The embedder's word of the allocated block at gpa; NULL if there is none. */
uint32_t *cvm_pages_owner(struct cvm_pages *pages, uint64_t gpa);

/*
 * Bring a section in ahead of need: for an idle CPU, or for reserve.h. Accepts at most that section
 * and its guard, or a section for descriptors. *bytes: free memory gained, which is less than a
 * section at the ends of ranges, and 0 for descriptors. CVM_ENOMEM: all memory has entered.
 * CVM_EREFUSED, CVM_EDOUBLE: as for cvm_pages_alloc().
 */
int cvm_pages_grow(struct cvm_pages *pages, enum cvm_cause cause, uint64_t *bytes);

/*
 * Have call(ctx) made, once, when less than `below` bytes are free and accepted: by an allocation
 * that has to bring memory in, before it does, or by a cache that takes more pages (cache.h).
 * Nothing else looks. No lock is held during the call; it should do no more than wake a thread.
 * false: there is less already, and no call will be made. NULL or 0 turn it off. One watch at a
 * time.
 */
bool cvm_pages_watch(struct cvm_pages *pages, uint64_t below, void (*call)(void *ctx), void *ctx);

void cvm_pages_stats(struct cvm_pages *pages, struct cvm_pages_stats *out);

/* The allocator as the source of a reserve (reserve.h). */
struct cvm_pages_source {
	struct cvm_source source;
	struct cvm_pages *pages;
};

void cvm_pages_source_init(struct cvm_pages_source *source, struct cvm_pages *pages);

#endif
