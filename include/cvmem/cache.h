/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_CACHE_H
#define CVMEM_CACHE_H

#include <cvmem/pages.h>

/*
 * Blocks of orders 0 to 3 that one CPU has taken from the page allocator in advance, so that
 * most allocations and frees take no lock. Every block in it is accepted (I3): these paths know
 * nothing of acceptance.
 *
 * One cache for each CPU, in memory that the embedder brings. Around each call the embedder sees
 * to it that nothing else uses the same cache: the thread stays on its CPU, and interrupt
 * handlers that allocate are held off, or have caches of their own. Any CPU may free what
 * another one has allocated, with or without a cache.
 *
 * A block in a cache counts as allocated in cvm_pages_stats(); cvm_cache_pages() says how many
 * pages these are.
 */

#define CVM_CACHE_ORDERS 4
#define CVM_CACHE_BLOCKS 64 /* of order 0; half of that for each order up: 256 KiB of each */

struct cvm_cache {
	struct cvm_pages *pages;
	struct {
		uint32_t count;
		uint32_t number[CVM_CACHE_BLOCKS]; /* page numbers; the last is used first */
	} magazine[CVM_CACHE_ORDERS];
};

/* An empty cache; costs nothing until it is used. */
void cvm_cache_init(struct cvm_cache *cache, struct cvm_pages *pages);

/*
 * As cvm_pages_alloc(), for any order. An empty cache takes half of what it holds from the page
 * allocator: what is free, and only if nothing is one section that has to be brought in. Finding no
 * more memory it gives back its own blocks of other orders first.
 */
int cvm_cache_alloc(struct cvm_cache *cache, unsigned order, uint64_t *gpa);

/* As cvm_pages_free(), errors too. A block that is in a cache already is refused: CVM_EINVAL. */
int cvm_cache_free(struct cvm_cache *cache, uint64_t gpa, unsigned order);

/* Give all blocks back: before a CPU goes, or when memory is short. */
void cvm_cache_drain(struct cvm_cache *cache);

/* Pages of 4 KiB that it holds. */
uint64_t cvm_cache_pages(const struct cvm_cache *cache);

#endif
