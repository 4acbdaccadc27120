/* SPDX-License-Identifier: MIT */
#include "pages.h"

/*
 * Room for descriptors, index pages and range nodes: handed out in ascending order
 * and never given back. A section of it describes 255 others. The lock is held.
 */

void *meta_alloc(struct cvm_pages *pages, size_t bytes)
{
	uintptr_t start = pages->meta;

	if (pages->meta_end - start < bytes)
		return NULL;
	pages->meta = start + cvm_round_up(bytes, 16);
	cvm_clear((void *)start, bytes);
	return (void *)start;
}

/* Without a whole section that has not entered yet: the largest free block that is of use. */
static bool take_free(struct cvm_pages *pages, uint64_t *start, uint64_t *size)
{
	for (unsigned order = CVM_SECTION_ORDER; order >= META_MIN_ORDER; order--) {
		uint32_t number = buddy_take(pages, order);

		if (number == CVM_NO_PAGE)
			continue;
		*start = page_gpa(pages, number);
		*size = CVM_PAGE_SIZE << order;
		return true;
	}
	return false;
}

int meta_grow(struct cvm_pages *pages)
{
	uint64_t start, size = CVM_SECTION;
	int error;

	if (pages->meta_growing) {
		/* Another CPU is at it: let it finish. */
		pages_unlock(pages);
		pages_relax(pages);
		pages_lock(pages);
		return 0;
	}
	if (!offline_take_top(pages, &start) && !take_free(pages, &start, &size))
		return CVM_ENOMEM;
	pages->meta_growing = true;
	pages_unlock(pages);
	error = pages_accept(pages, start, start + size, CVM_CAUSE_META);
	pages_lock(pages);
	pages->meta_growing = false;
	if (error) {
		pages->lost += size >> CVM_PAGE_SHIFT;
		return error;
	}
	pages->meta_pages += size >> CVM_PAGE_SHIFT;
	pages->meta = (uintptr_t)start + pages->config.direct_map;
	pages->meta_end = pages->meta + size;
	return 0;
}
