/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "linux_scheme.h"

#define PAGE UINT64_C(4096)

/* In units; it lives on the stack of the thread that accepts it. */
struct range {
	uint64_t first, last;
	struct range *next, **link;
};

struct linux_scheme {
	struct cvm_platform *platform;
	uint64_t base, unit, units;
	bool guard;
	char lock;
	struct range *accepting;
	uint64_t *bitmap;
};

static void lock(struct linux_scheme *scheme)
{
	while (__atomic_test_and_set(&scheme->lock, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void unlock(struct linux_scheme *scheme)
{
	__atomic_clear(&scheme->lock, __ATOMIC_RELEASE);
}

struct linux_scheme *linux_scheme_new(struct cvm_platform *platform, uint64_t base, uint64_t units,
				      uint64_t unit, bool guard)
{
	struct linux_scheme *scheme = calloc(1, sizeof(*scheme));

	if (!scheme)
		abort();
	scheme->platform = platform;
	scheme->base = base;
	scheme->unit = unit;
	scheme->units = units;
	scheme->guard = guard;
	scheme->bitmap = calloc((units + 63) / 64, 8);
	if (!scheme->bitmap)
		abort();
	return scheme;
}

void linux_scheme_free(struct linux_scheme *scheme)
{
	free(scheme->bitmap);
	free(scheme);
}

static bool test(const struct linux_scheme *scheme, uint64_t bit)
{
	return __atomic_load_n(&scheme->bitmap[bit / 64], __ATOMIC_RELAXED) >> bit % 64 & 1;
}

static void set(struct linux_scheme *scheme, uint64_t bit)
{
	scheme->bitmap[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* The first bit of [from, last) that is set, or clear, word by word; last: there is none. */
static uint64_t find(const struct linux_scheme *scheme, uint64_t from, uint64_t last, bool is_set)
{
	uint64_t invert = is_set ? 0 : ~UINT64_C(0);
	uint64_t mask = ~UINT64_C(0) << from % 64;

	for (uint64_t word = from / 64; word * 64 < last; word++, mask = ~UINT64_C(0)) {
		uint64_t bits = (scheme->bitmap[word] ^ invert) & mask;
		uint64_t bit = word * 64 + (bits ? (uint64_t)__builtin_ctzll(bits) : 64);

		if (bits)
			return bit < last ? bit : last;
	}
	return last;
}

/* By words: masks at both ends, whole words between them. */
static void clear(struct linux_scheme *scheme, uint64_t first, uint64_t last)
{
	uint64_t word = first / 64, end = last / 64;
	uint64_t head = ~UINT64_C(0) << first % 64, tail = ~(~UINT64_C(0) << last % 64);

	if (word == end) {
		scheme->bitmap[word] &= ~(head & tail);
		return;
	}
	scheme->bitmap[word] &= ~head;
	memset(&scheme->bitmap[word + 1], 0, (end - word - 1) * 8);
	if (tail)
		scheme->bitmap[end] &= ~tail;
}

void linux_scheme_fill(struct linux_scheme *scheme, bool unaccepted)
{
	memset(scheme->bitmap, 0, (scheme->units + 63) / 64 * 8);
	for (uint64_t bit = 0; unaccepted && bit < scheme->units; bit++)
		set(scheme, bit);
}

void linux_scheme_set(struct linux_scheme *scheme, uint64_t gpa)
{
	set(scheme, (gpa - scheme->base) / scheme->unit);
}

/* Bytes from the base, with the guard, within the bitmap. */
static bool clip(const struct linux_scheme *scheme, uint64_t *start, uint64_t *end)
{
	uint64_t size = scheme->units * scheme->unit;

	*start &= ~(PAGE - 1);
	*end = (*end + PAGE - 1) & ~(PAGE - 1);
	if (*end < scheme->base)
		return false;
	*start = *start < scheme->base ? 0 : *start - scheme->base;
	*end -= scheme->base;
	if (scheme->guard && *end % scheme->unit == 0)
		*end += scheme->unit;
	if (*end > size)
		*end = size;
	return true;
}

static bool overlaps(const struct linux_scheme *scheme, const struct range *range)
{
	for (const struct range *other = scheme->accepting; other; other = other->next)
		if (other->first < range->last && range->first < other->last)
			return true;
	return false;
}

static void enlist(struct linux_scheme *scheme, struct range *range)
{
	range->next = scheme->accepting;
	range->link = &scheme->accepting;
	if (range->next)
		range->next->link = &range->next;
	scheme->accepting = range;
}

static void delist(struct range *range)
{
	*range->link = range->next;
	if (range->next)
		range->next->link = range->link;
}

static void accept_run(struct linux_scheme *scheme, uint64_t first, uint64_t last)
{
	struct cvm_accept_result result = { 0 };

	if (scheme->platform->accept(scheme->platform, scheme->base + first * scheme->unit,
				     scheme->base + last * scheme->unit, &result))
		abort();
}

void linux_scheme_accept(struct linux_scheme *scheme, uint64_t start, uint64_t end)
{
	struct range range;

	if (!clip(scheme, &start, &end))
		return;
	range.first = start / scheme->unit;
	range.last = (end + scheme->unit - 1) / scheme->unit;
	lock(scheme);
	while (overlaps(scheme, &range)) {
		unlock(scheme);
		sched_yield();
		lock(scheme);
	}
	enlist(scheme, &range);
	for (uint64_t first = range.first, last; first < range.last; first = last) {
		first = find(scheme, first, range.last, true);
		last = find(scheme, first, range.last, false);
		if (first == last)
			break;
		unlock(scheme);
		accept_run(scheme, first, last);
		lock(scheme);
		clear(scheme, first, last);
	}
	delist(&range);
	unlock(scheme);
}

bool linux_scheme_unaccepted(struct linux_scheme *scheme, uint64_t start, uint64_t end)
{
	bool found = false;

	if (!clip(scheme, &start, &end))
		return false;
	lock(scheme);
	for (; start < end && !found; start += scheme->unit)
		found = test(scheme, start / scheme->unit);
	unlock(scheme);
	return found;
}
