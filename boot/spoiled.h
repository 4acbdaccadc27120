/* SPDX-License-Identifier: MIT */
#ifndef BOOT_SPOILED_H
#define BOOT_SPOILED_H

#include <stdint.h>

/* Pages with a word that is not as it was written, each counted once. Begins as zeroes. */
struct spoiled {
	uint64_t pages;
	uint64_t last; /* page number, if pages is not 0 */
};

/* The word at gpa is wrong. Words are given in ascending order. */
static inline void spoiled_word(struct spoiled *spoiled, uint64_t gpa)
{
	uint64_t page = gpa / 4096;

	if (spoiled->pages && spoiled->last == page)
		return;
	spoiled->pages++;
	spoiled->last = page;
}

#endif
