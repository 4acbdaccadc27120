/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_BITMAP_H
#define CVMEM_LIB_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

/* Bits in 64-bit words that other CPUs change at any time. */

/* Acquire: a CPU that observes a bit clear also observes the unit's memory as accepted. */
static inline uint64_t cvm_word(const uint64_t *bitmap, uint64_t word)
{
	return __atomic_load_n(&bitmap[word], __ATOMIC_ACQUIRE);
}

/* The bits of word `word` that lie in [first, last). */
static inline uint64_t cvm_word_mask(uint64_t word, uint64_t first, uint64_t last)
{
	uint64_t mask = ~UINT64_C(0);

	if (word == first / 64)
		mask &= ~UINT64_C(0) << first % 64;
	if (word == last / 64)
		mask &= ~(~UINT64_C(0) << last % 64);
	return mask;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CVM_WORDS_ONE_BY_ONE
#endif
#endif
#if !defined(__x86_64__) || defined(__SANITIZE_THREAD__) || defined(__CPROVER__)
#define CVM_WORDS_ONE_BY_ONE
#endif

/* From how many words on a string instruction is faster. */
#define CVM_WORDS_MANY 32

/*
 * Clear `count` words, which no other CPU changes, with release order. A string instruction stores
 * whole cache lines; its stores may overtake each other, but no earlier load or store (Intel SDM
 * volume 3, 9.2.4.2; AMD makes no exception for it).
 */
static inline void cvm_words_clear(uint64_t *word, uint64_t count)
{
#ifndef CVM_WORDS_ONE_BY_ONE
	if (count >= CVM_WORDS_MANY) {
		__asm__ volatile("rep stosq" : "+D"(word), "+c"(count) : "a"(0) : "memory");
		return;
	}
#endif
	for (; count; count--)
		__atomic_store_n(word++, 0, __ATOMIC_RELEASE);
}

/* table.c: move *start to the first accepted byte in [*start, end); false: there is none. Reads no
 * more than it has to for that. */
struct cvm_table;
bool cvm_table_first_accepted(const struct cvm_table *table, uint64_t *start, uint64_t end);

/* Is any bit of [first, last), which is not empty, set? */
bool cvm_bits_any(const uint64_t *bitmap, uint64_t first, uint64_t last);

/* The same, without a call for a range of a few bits. */
static inline bool cvm_few_bits_any(const uint64_t *bitmap, uint64_t first, uint64_t last)
{
	uint64_t word = first / 64, bits = last - first;

	if (word != (last - 1) / 64)
		return cvm_bits_any(bitmap, first, last);
	return cvm_word(bitmap, word) & ~UINT64_C(0) >> (64 - bits) << first % 64;
}

#endif
