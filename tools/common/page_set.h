/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_PAGE_SET_H
#define TOOLS_COMMON_PAGE_SET_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_SET_PAGE UINT64_C(4096)

/* 4 KiB pages of guest memory, a bit each. Zero is the empty set. */
struct page_set {
	uint8_t *bits;
	size_t bytes;
};

/* Adds the pages of the range, which is aligned; returns how many were not in it. */
uint64_t page_set_add(struct page_set *set, uint64_t gpa, uint64_t size);

void page_set_free(struct page_set *set);

#endif
