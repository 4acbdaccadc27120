/* SPDX-License-Identifier: MIT */
/*
 * proves:  cvm_bits_any(), cvm_few_bits_any(), cvm_word_mask() and find_bit() agree with one bit
 *          after the other, and read no word without a bit of the range
 * bound:   any content, ranges that begin in the first word (its number is only added) and end
 *          within 7 words, so that the loop by four words runs and leaves a rest
 * unwind:  9
 * broken:  lib/table.c: word + 4 <= last_word; word += 4) => word + 4 <= last_word; word += 5)
 */
#include "../lib/table.c"

#include "proof.h"

#define WORDS 7

static uint64_t below(uint64_t bit)
{
	return bit < 64 ? (UINT64_C(1) << bit) - 1 : ~UINT64_C(0);
}

/* The bits of the range in word i. */
static uint64_t bits_of(uint64_t word, uint64_t i, uint64_t first, uint64_t last)
{
	uint64_t from = first > i * 64 ? first - i * 64 : 0;
	uint64_t to = last > i * 64 ? last - i * 64 : 0;

	return word & below(to) & ~below(from);
}

int main(void)
{
	uint64_t first = any64(), last = any64(), found, bits = 0;
	uint64_t bitmap[WORDS];
	bool any;

	ASSUME(first < 64 && first < last && last <= WORDS * 64);
	for (uint64_t i = 0; i < WORDS; i++) {
		bitmap[i] = any64();
		bits |= bits_of(bitmap[i], i, first, last);
	}
	any = cvm_bits_any(bitmap, first, last);
	PROVE(any == (bits != 0));
	PROVE(any == cvm_few_bits_any(bitmap, first, last));
	REACHABLE(any && !bitmap[0] && !bitmap[5] && bitmap[6]);
	REACHABLE(!any && last - first > 400);

	found = find_bit(bitmap, first, last, 0);
	PROVE(found >= first && found <= last);
	PROVE((found < last) == any);
	for (uint64_t i = 0; i < WORDS; i++)
		PROVE(!bits_of(bitmap[i], i, first, found));
	PROVE(found == last || (bitmap[found / 64] >> found % 64 & 1));
	return 0;
}
