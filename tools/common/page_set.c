/* SPDX-License-Identifier: MIT */
#include "tools/common/page_set.h"

#include <stdlib.h>
#include <string.h>

static void grow(struct page_set *set, uint64_t last)
{
	size_t bytes = 2 * (last / 8 + 1);

	if (last / 8 < set->bytes)
		return;
	set->bits = realloc(set->bits, bytes);
	if (!set->bits)
		abort();
	memset(set->bits + set->bytes, 0, bytes - set->bytes);
	set->bytes = bytes;
}

uint64_t page_set_add(struct page_set *set, uint64_t gpa, uint64_t size)
{
	uint64_t first = gpa / PAGE_SET_PAGE, end = (gpa + size) / PAGE_SET_PAGE;
	uint64_t added = 0;

	grow(set, end);
	for (uint64_t page = first; page < end; page++) {
		uint8_t bit = (uint8_t)(1 << page % 8);

		added += !(set->bits[page / 8] & bit);
		set->bits[page / 8] |= bit;
	}
	return added;
}

void page_set_free(struct page_set *set)
{
	free(set->bits);
	*set = (struct page_set){ 0 };
}
