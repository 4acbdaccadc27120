/* SPDX-License-Identifier: MIT */
#include "pages_internal.h"

/* Free blocks: a list for each order, neighbours merged. */

static void list_add(struct cvm_pages *pages, uint32_t number, unsigned order)
{
	struct cvm_page *page = page_known(pages, number);
	uint32_t next = pages->head[order];

	page_set(page, BLOCK_FREE, order);
	page->prev = CVM_NO_PAGE;
	page->next = next;
	if (next != CVM_NO_PAGE)
		page_known(pages, next)->prev = number;
	pages->head[order] = number;
	pages->nonempty |= 1u << order;
	pages->free_blocks[order]++;
}

static void list_remove(struct cvm_pages *pages, struct cvm_page *page)
{
	unsigned order = page->order;

	CVM_ASSERT(block_state(page) == BLOCK_FREE);
	if (page->prev == CVM_NO_PAGE)
		pages->head[order] = page->next;
	else
		page_known(pages, page->prev)->next = page->next;
	if (page->next != CVM_NO_PAGE)
		page_known(pages, page->next)->prev = page->prev;
	if (pages->head[order] == CVM_NO_PAGE)
		pages->nonempty &= ~(1u << order);
	pages->free_blocks[order]--;
	page_set(page, BLOCK_ABSENT, 0);
}

uint32_t cvm_buddy_take(struct cvm_pages *pages, unsigned order)
{
	uint32_t fits = pages->nonempty >> order << order;
	unsigned from;
	uint32_t number;

	CVM_ASSERT_HELD(&pages->lock);
	if (!fits)
		return CVM_NO_PAGE;
	from = (unsigned)__builtin_ctz(fits);
	number = pages->head[from];
	list_remove(pages, page_known(pages, number));
	while (from > order) {
		from--;
		list_add(pages, number + (1u << from), from);
	}
	pages->free_pages -= UINT64_C(1) << order;
	return number;
}

void cvm_buddy_put(struct cvm_pages *pages, uint32_t number, unsigned order)
{
	CVM_ASSERT_HELD(&pages->lock);
	pages->free_pages += UINT64_C(1) << order;
	while (order < CVM_MAX_ORDER) {
		struct cvm_page *buddy = page_of(pages, number ^ 1u << order);

		if (!buddy || block_state(buddy) != BLOCK_FREE || buddy->order != order)
			break;
		list_remove(pages, buddy);
		number &= ~(1u << order);
		order++;
	}
	list_add(pages, number, order);
}

void cvm_buddy_put_range(struct cvm_pages *pages, uint64_t start, uint64_t end)
{
	uint32_t number = page_number(pages, start), last = page_number(pages, end);

	while (number < last) {
		unsigned order = number ? (unsigned)__builtin_ctz(number) : CVM_MAX_ORDER;

		if (order > CVM_MAX_ORDER)
			order = CVM_MAX_ORDER;
		while ((UINT32_C(1) << order) > last - number)
			order--;
		cvm_buddy_put(pages, number, order);
		number += UINT32_C(1) << order;
	}
}
