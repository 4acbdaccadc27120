/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PAGES_H
#define CVMEM_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/reserve.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The page allocator: a buddy allocator of orders 0 (4 KiB) to 18 (1 GiB) whose blocks are always
 * accepted (I3). Memory is pending until it is needed and is then populated a pageblock (2 MiB) at
 * a time: the pageblock is accepted if it is not yet, its descriptors (the memmap) are made, its
 * pages become free blocks. A pending pageblock costs nothing, so boot work does not grow with
 * the memory's size. Pageblocks that are accepted already are populated first, then the lowest.
 *
 * Descriptors live outside the pageblocks that they describe, in pageblocks of their own from the
 * top of memory, so that blocks of 1 GiB can be whole. A two-level index finds them: an array with
 * a pointer for each GiB, and for each GiB in use a page with a pointer for each pageblock.
 *
 * All functions but cvm_pages_init(): any CPU. One spinlock guards the lists; it is never held
 * across the platform's call. Its hooks are those of the acceptor's host.
 */

#define CVM_MAX_ORDER	    18
#define CVM_ORDERS	    (CVM_MAX_ORDER + 1)
#define CVM_PAGEBLOCK_ORDER 9
#define CVM_PAGEBLOCK	    (UINT64_C(2) << 20)

/* private: one for each 4 KiB page of a populated pageblock; order and state are those of a
 * block's first page. */
struct cvm_page {
	uint32_t next, prev; /* free list, as page numbers from the segment's start */
	uint8_t state, order;
	uint16_t reserved;
	uint32_t owner; /* cvm_pages_owner() */
};

/* private: a range of pending memory. */
struct cvm_pending {
	uint64_t start, end;
	struct cvm_pending *next; /* by address */
};

/* private: the free lists of 8 TiB, so that the numbers in them have 32 bits. */
struct cvm_segment {
	uint64_t base; /* the number of its first page in the span */
	struct cvm_page ***index;
	uint32_t nonempty; /* orders with a free block, a bit each */
	uint32_t head[CVM_ORDERS];
};

struct cvm_pages_config {
	struct cvm_acceptor *acceptor;
	uintptr_t direct_map; /* memory at gpa is at gpa + direct_map */
	uint64_t start, end;  /* the span of all memory that will be added */
	void *index;	      /* cvm_pages_index_bytes(start, end) bytes, 8-byte aligned */
	/* Accepted memory for the first descriptors, from cvm_early_alloc(): 16-byte
	 * aligned, CVM_PAGES_SEED bytes or more. */
	void *seed;
	size_t seed_bytes;
	/*
	 * Memory that shall be removed again (cvm_pages_remove()): descriptors come from the seed
	 * alone, which has cvm_pages_seed_bytes(start, end) bytes or more. Pending memory in more
	 * than 1800 pieces needs 32 bytes more for each. Else descriptors are put into the highest
	 * memory of the span, which can never be removed.
	 */
	bool removable;
};

#define CVM_PAGES_SEED (64u << 10)

/* In pages of 4 KiB. Exact whenever no call is under way on another CPU. */
struct cvm_pages_stats {
	uint64_t total;	    /* all that was added */
	uint64_t free;	    /* not allocated, accepted or not */
	uint64_t pending;   /* of those, not populated yet: no descriptors */
	uint64_t allocated; /* including what caches hold */
	uint64_t memmap;    /* used for descriptors */
	uint64_t failed;    /* could not be accepted */
	uint64_t accepted;  /* total = accepted + unaccepted + failed */
	uint64_t unaccepted;
	uint64_t free_blocks[CVM_ORDERS];
};

struct cvm_pages {
	/* private */
	struct cvm_pages_config config;
	struct cvm_host host;	/* the acceptor's */
	struct cvm_pages *next; /* of the same acceptor */
	struct cvm_spinlock lock;
	struct cvm_segment *segment, *current; /* all of them; where the last block was found */
	uint64_t segments;
	struct cvm_segment first; /* if that is enough */
	uint64_t free_blocks[CVM_ORDERS];
	struct cvm_page ***index;
	struct cvm_pending *pending, *spare;
	struct cvm_pending *isolated; /* what was pending, and is being removed */
	/* The search for accepted parts of pending memory. */
	struct {
		uint64_t from;	   /* where it continues; UINT64_MAX: there are none */
		uint64_t passed;   /* the lowest part left behind in this pass */
		uint8_t low, high; /* orders of this pass */
		uint8_t none;	   /* no part fits this order, or a larger one */
	} search;
	/* Room for descriptors, used from the low end. */
	uintptr_t memmap, memmap_end;
	size_t range_bytes; /* removable: what ranges may take of it, beside the descriptors */
	bool memmap_growing;
	unsigned in_flight;	  /* pageblocks that CPUs are populating */
	unsigned removing;	  /* calls of cvm_pages_remove() */
	uint64_t watermark_pages; /* cvm_pages_set_watermark(); 0: off */
	void (*watermark_call)(void *ctx);
	void *watermark_ctx;
	uint64_t total, free_pages, pending_pages, allocated, memmap_pages, failed;
};

/*
 * Bytes of index for a span: 8 for each GiB, and 96 for each 8 TiB if there are several. 0: the
 * span is empty, or more than 4 PiB when it begins on a GiB.
 */
size_t cvm_pages_index_bytes(uint64_t start, uint64_t end);

/* Bytes of seed that hold all descriptors of a span, for cvm_pages_config.removable. */
size_t cvm_pages_seed_bytes(uint64_t start, uint64_t end);

/*
 * An allocator without memory. One CPU; the acceptor may be in use. An acceptor may have several
 * allocators, one for each NUMA node for example, whose spans may overlap; it keeps a list of
 * them, so that conversions (share.h) find the owner of each page. So the structure must stay where
 * it is as long as the acceptor is used; it may be initialised again, and is empty then.
 * CVM_EINVAL: no acceptor, no index, a seed that is too small (for `removable` as well) or
 * misaligned. CVM_ERANGE: a
 * span that is empty, or more than 4 PiB when it begins on a GiB.
 */
int cvm_pages_init(struct cvm_pages *pages, const struct cvm_pages_config *config);

/*
 * Add a free range, accepted or not, as pending memory: what cvm_early_next_free() finds. It must
 * not be shared, and no other allocator may have it. Costs the same for any size.
 * CVM_EINVAL: start >= end, not 4 KiB aligned, or it overlaps pending memory. CVM_ERANGE: outside
 * the span, or beyond platform->gpa_end. CVM_ENOMEM: no room for a descriptor; what touches other
 * pending memory needs none.
 */
int cvm_pages_add(struct cvm_pages *pages, uint64_t start, uint64_t end);

/* Why a range cannot be removed. */
enum cvm_in_use {
	CVM_IN_USE_ALLOCATED,  /* a block is allocated */
	CVM_IN_USE_CACHED,     /* a CPU's cache has it: cvm_cache_drain() */
	CVM_IN_USE_SHARED,     /* an allocated block is shared, or part of it */
	CVM_IN_USE_POPULATING, /* another CPU is populating it, or removing it: try again */
	CVM_IN_USE_OTHER,      /* not this allocator's: reserved, descriptors, failed */
};

struct cvm_page_in_use {
	uint64_t where; /* the first page that cannot be removed */
	enum cvm_in_use reason;
};

/*
 * Take [start, end) out of the allocator: it is the caller's then, accepted as far as it is, and
 * may be given to the host (hotplug.h) or added again. All or nothing. While this runs, other CPUs
 * may find less free memory than there is, also if it fails. The lock is not held for longer than
 * one pageblock takes; the time is that of a step for each pageblock.
 * CVM_EINVAL: start >= end, or not 4 KiB aligned. CVM_ERANGE: outside the span. CVM_EBUSY: part of
 * it is not free; *in_use (may be NULL) says which and why. CVM_ENOMEM: no room to note a range.
 */
int cvm_pages_remove(struct cvm_pages *pages, uint64_t start, uint64_t end,
		     struct cvm_page_in_use *in_use);

/*
 * A block of 2^order pages, aligned to its size, accepted; its content is undefined.
 * Accepts nothing while free blocks last, else what the block needs and no more: for orders up
 * to 7 one pageblock of 2 MiB (or one unit, if units are larger), guard and descriptors included;
 * for 8 and 9 up to two pageblocks; above 9 the block, its guard and its descriptors. Does not wait
 * for a pageblock that another CPU is accepting while there is another one to populate.
 * CVM_EINVAL: order > 18. CVM_ENOMEM: nothing is left that fits; above order 9 a block comes
 * from free blocks or from pending memory, never from both. CVM_EIO, CVM_EALREADY: from
 * cvm_accept(); the pageblock has failed, call again for another.
 */
int cvm_pages_alloc(struct cvm_pages *pages, unsigned order, uint64_t *gpa);

/*
 * The same from what is free already: never accepts and never waits for the platform, so that an
 * interrupt handler may call it (with host.irq_save). CVM_ENOMEM: there is no such block now.
 */
int cvm_pages_alloc_nowait(struct cvm_pages *pages, unsigned order, uint64_t *gpa);

/*
 * Free a block; it stays accepted (I3).
 * CVM_EINVAL: not an allocated block of that order. CVM_EBUSY: part of it is shared (share.h).
 * In both cases nothing is changed.
 */
int cvm_pages_free(struct cvm_pages *pages, uint64_t gpa, unsigned order);

/* A word for the embedder's use, of the allocated block at gpa; 0 when the block is allocated.
 * NULL: there is no such block. */
uint32_t *cvm_pages_owner(struct cvm_pages *pages, uint64_t gpa);

/*
 * Populate a pageblock ahead of need: for an idle CPU, or for reserve.h. Accepts at most that
 * pageblock and its guard, or a pageblock for descriptors. *bytes: free memory gained, which is
 * less than a pageblock at the ends of ranges, and 0 for descriptors. CVM_ENOMEM: no memory is
 * pending. CVM_EIO, CVM_EALREADY: as for cvm_pages_alloc().
 */
int cvm_pages_populate(struct cvm_pages *pages, enum cvm_cause cause, uint64_t *bytes);

/*
 * The low watermark: call(ctx) is called, once, when less than `below` bytes are free and
 * accepted: by an allocation that has to populate, before it does, or by a cache that takes more
 * pages. Nothing else checks. No lock is held during the call; it should do no more than wake a
 * thread. false: there is less already, and no call will be made. NULL or 0 turn it off. One
 * watermark at a time.
 */
bool cvm_pages_set_watermark(struct cvm_pages *pages, uint64_t below, void (*call)(void *ctx),
			     void *ctx);

void cvm_pages_get_stats(struct cvm_pages *pages, struct cvm_pages_stats *out);

/*
 * The cache of one CPU: blocks of orders 0 to 3 that it has taken from the page allocator in
 * advance, so that most allocations and frees take no lock. Every block in it is accepted (I3):
 * these paths contain nothing of acceptance.
 *
 * One cache for each CPU. Around each call the embedder ensures that nothing else uses the same
 * cache: the thread stays on its CPU, and interrupt handlers that allocate are held off, or have
 * caches of their own. Any CPU may free what another one has allocated, with or without a cache.
 *
 * A block in a cache counts as allocated in cvm_pages_get_stats().
 */

#define CVM_CACHE_ORDERS 4
#define CVM_CACHE_BLOCKS 64 /* of order 0; half of that for each order up: 256 KiB of each */

struct cvm_cache {
	/* private */
	struct cvm_pages *pages;
	struct {
		uint32_t count;
		uint64_t number[CVM_CACHE_BLOCKS]; /* page numbers; the last is used first */
	} magazine[CVM_CACHE_ORDERS];
};

/* An empty cache; costs nothing until it is used. */
void cvm_cache_init(struct cvm_cache *cache, struct cvm_pages *pages);

/*
 * As cvm_pages_alloc(), for any order. An empty cache takes half of its capacity from the page
 * allocator: what is free, and only if nothing is, one pageblock that has to be populated. If no
 * memory is left it first gives back its blocks of other orders.
 */
int cvm_cache_alloc(struct cvm_cache *cache, unsigned order, uint64_t *gpa);

/* As cvm_pages_free(), with the same errors. CVM_EINVAL also for a block that is in a cache
 * already. */
int cvm_cache_free(struct cvm_cache *cache, uint64_t gpa, unsigned order);

/* Give all blocks back: before a CPU is taken offline, or when memory is short. */
void cvm_cache_drain(struct cvm_cache *cache);

/* Pages of 4 KiB that it holds. */
uint64_t cvm_cache_pages(const struct cvm_cache *cache);

/* The allocator as the source of a reserve. */
struct cvm_pages_source {
	struct cvm_source source;
	/* private */
	struct cvm_pages *pages;
};

void cvm_pages_source_init(struct cvm_pages_source *source, struct cvm_pages *pages);

#ifdef __cplusplus
}
#endif

#endif
