/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/* Caches of blocks for one CPU. Only take_from_pages() and give_back() take the lock. */

static uint32_t capacity(unsigned order)
{
	return CVM_CACHE_BLOCKS >> order;
}

void cvm_cache_init(struct cvm_cache *cache, struct cvm_pages *pages)
{
	cache->pages = pages;
	for (unsigned order = 0; order < CVM_CACHE_ORDERS; order++)
		cache->magazine[order].count = 0;
}

/* The oldest blocks, which are the least likely to be in the processor's caches. */
static void give_back(struct cvm_cache *cache, unsigned order, uint32_t count)
{
	struct cvm_pages *pages = cache->pages;
	uint64_t *number = cache->magazine[order].number;

	pages_lock(pages);
	for (uint32_t i = 0; i < count; i++)
		cvm_buddy_put(pages, number[i], order);
	pages->allocated -= (uint64_t)count << order;
	pages_unlock(pages);
	cache->magazine[order].count -= count;
	for (uint32_t i = 0; i < cache->magazine[order].count; i++)
		number[i] = number[i + count];
}

void cvm_cache_drain(struct cvm_cache *cache)
{
	for (unsigned order = 0; order < CVM_CACHE_ORDERS; order++)
		if (cache->magazine[order].count)
			give_back(cache, order, cache->magazine[order].count);
}

static int take_from_pages(struct cvm_cache *cache, unsigned order)
{
	struct cvm_pages *pages = cache->pages;
	uint64_t number;
	uint32_t count = 0;
	struct watermark_hook hook;
	int error;

	pages_lock(pages);
	/* Only the first block may populate; the others take what that made free. */
	for (error = cvm_pages_take(pages, order, &number); !error && number != CVM_NO_PAGE;
	     number = cvm_buddy_take(pages, order)) {
		page_set(page_known(pages, number), BLOCK_CACHED, order);
		cache->magazine[order].number[count++] = number;
		if (count == capacity(order) / 2)
			break;
	}
	cache->magazine[order].count = count;
	pages->allocated += (uint64_t)count << order;
	hook = cvm_pages_watermark_due(pages);
	pages_unlock(pages);
	if (hook.call)
		hook.call(hook.ctx);
	return error;
}

static __attribute__((__noinline__)) int refill(struct cvm_cache *cache, unsigned order)
{
	int error = take_from_pages(cache, order);

	if (error != CVM_ENOMEM)
		return error;
	cvm_cache_drain(cache);
	return take_from_pages(cache, order);
}

int cvm_cache_alloc(struct cvm_cache *cache, unsigned order, uint64_t *gpa)
{
	struct cvm_page *page;
	uint64_t number;

	if (order >= CVM_CACHE_ORDERS)
		return cvm_pages_alloc(cache->pages, order, gpa);
	if (!cache->magazine[order].count) {
		int error = refill(cache, order);

		if (error)
			return error;
	}
	number = cache->magazine[order].number[--cache->magazine[order].count];
	page = page_known(cache->pages, number);
	page->owner = 0;
	__atomic_store_n(&page->state, BLOCK_ALLOCATED, __ATOMIC_RELAXED);
	*gpa = page_gpa(cache->pages, number);
	CVM_ASSERT(!cvm_is_unaccepted(cache->pages->config.acceptor, *gpa,
				      *gpa + (CVM_PAGE_SIZE << order)));
	return 0;
}

int cvm_cache_free(struct cvm_cache *cache, uint64_t gpa, unsigned order)
{
	struct cvm_page *page;

	if (order >= CVM_CACHE_ORDERS)
		return cvm_pages_free(cache->pages, gpa, order);
	page = page_at(cache->pages, gpa);
	if (!page || !page_leave(page, BLOCK_CACHED, order))
		return page && block_state(page) == BLOCK_SHARED ? CVM_EBUSY : CVM_EINVAL;
	if (cache->magazine[order].count == capacity(order))
		give_back(cache, order, capacity(order) / 2);
	cache->magazine[order].number[cache->magazine[order].count++] =
		page_number(cache->pages, gpa);
	return 0;
}

uint64_t cvm_cache_pages(const struct cvm_cache *cache)
{
	uint64_t pages = 0;

	for (unsigned order = 0; order < CVM_CACHE_ORDERS; order++)
		pages += (uint64_t)cache->magazine[order].count << order;
	return pages;
}
