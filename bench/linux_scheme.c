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
	return scheme->bitmap[bit / 64] >> bit % 64 & 1;
}

static void set(struct linux_scheme *scheme, uint64_t bit)
{
	scheme->bitmap[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void clear(struct linux_scheme *scheme, uint64_t first, uint64_t last)
{
	for (; first < last; first++)
		scheme->bitmap[first / 64] &= ~(UINT64_C(1) << first % 64);
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

static bool to_units(const struct linux_scheme *scheme, uint64_t start, uint64_t end,
		     struct range *range)
{
	start &= ~(PAGE - 1);
	end = (end + PAGE - 1) & ~(PAGE - 1);
	if (end < scheme->base)
		return false;
	start = start < scheme->base ? 0 : start - scheme->base;
	end -= scheme->base;
	if (scheme->guard && end % scheme->unit == 0)
		end += scheme->unit;
	if (end > scheme->units * scheme->unit)
		end = scheme->units * scheme->unit;
	range->first = start / scheme->unit;
	range->last = (end + scheme->unit - 1) / scheme->unit;
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

	if (!to_units(scheme, start, end, &range))
		return;
	lock(scheme);
	while (overlaps(scheme, &range)) {
		unlock(scheme);
		sched_yield();
		lock(scheme);
	}
	enlist(scheme, &range);
	for (uint64_t first = range.first; first < range.last;) {
		uint64_t last = first;

		while (last < range.last && test(scheme, last))
			last++;
		if (first == last) {
			first++;
			continue;
		}
		unlock(scheme);
		accept_run(scheme, first, last);
		lock(scheme);
		clear(scheme, first, last);
		first = last;
	}
	delist(&range);
	unlock(scheme);
}

bool linux_scheme_unaccepted(struct linux_scheme *scheme, uint64_t start, uint64_t end)
{
	struct range range;
	bool found = false;

	if (!to_units(scheme, start, end, &range))
		return false;
	lock(scheme);
	for (uint64_t bit = range.first; bit < range.last && !found; bit++)
		found = test(scheme, bit);
	unlock(scheme);
	return found;
}
