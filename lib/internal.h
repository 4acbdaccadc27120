/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_INTERNAL_H
#define CVMEM_LIB_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/* In debug builds the invariants are checked where they are kept. */
#ifdef CVM_DEBUG
#define CVM_ASSERT(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			__builtin_trap();                                                          \
	} while (0)
#else
#define CVM_ASSERT(condition)                                                                      \
	do {                                                                                       \
	} while (0)
#endif

#define CVM_PAGE_SHIFT 12
#define CVM_PAGE_SIZE  (UINT64_C(1) << CVM_PAGE_SHIFT)

static inline uint64_t cvm_round_down(uint64_t value, uint64_t granule)
{
	return value & ~(granule - 1);
}

/* value is at most 2^64 - granule. */
static inline uint64_t cvm_round_up(uint64_t value, uint64_t granule)
{
	return (value + granule - 1) & ~(granule - 1);
}

static inline uint64_t cvm_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t cvm_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * For local structures that are written before they are read: a kernel that initialises all locals
 * (-ftrivial-auto-var-init) would have them cleared by a call of memset().
 */
#if defined(__has_attribute)
#if __has_attribute(__uninitialized__)
#define CVM_UNINITIALIZED __attribute__((__uninitialized__))
#endif
#endif
#ifndef CVM_UNINITIALIZED
#define CVM_UNINITIALIZED
#endif

/* Words of any structure: without the attribute a compiler may assume that a word and a field are
 * different objects, and reorder the accesses. */
typedef uint64_t __attribute__((__may_alias__)) cvm_any_word;

/* Loops, since compilers turn structure initialisers and assignments into calls of memset() and
 * memcpy(), which a guest may not have. Multiples of 8 bytes, 8-byte aligned. */
static inline void cvm_clear(void *memory, size_t bytes)
{
	cvm_any_word *word = memory;

	for (size_t i = 0; i < bytes / 8; i++)
		word[i] = 0;
}

static inline void cvm_copy(void *to, const void *from, size_t bytes)
{
	cvm_any_word *target = to;
	const cvm_any_word *source = from;

	for (size_t i = 0; i < bytes / 8; i++)
		target[i] = source[i];
}

/*
 * The index of the first range that ends after address; count: none does. The ranges are sorted
 * and disjoint; each begins with its start and its end, and takes `size` bytes.
 */
static inline size_t cvm_search(const void *ranges, size_t size, size_t count, uint64_t address)
{
	const unsigned char *end = (const unsigned char *)ranges + sizeof(uint64_t);
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (*(const uint64_t *)(end + middle * size) > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* For counters that several CPUs add to. */
static inline void cvm_count(uint64_t *counter, uint64_t value)
{
	if (value)
		__atomic_fetch_add(counter, value, __ATOMIC_RELAXED);
}

static inline void cvm_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif
