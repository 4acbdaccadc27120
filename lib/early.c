/* SPDX-License-Identifier: MIT */
#include <cvmem/early.h>

#include "internal.h"

void cvm_early_init(struct cvm_early *early, const struct cvm_map *map,
		    struct cvm_acceptor *acceptor, struct cvm_taken *storage, size_t capacity)
{
	early->map = map;
	early->acceptor = acceptor;
	early->taken = storage;
	early->count = 0;
	early->capacity = capacity;
	early->needed = 0;
}

/* The first taken range that ends after address. */
static size_t find(const struct cvm_early *early, uint64_t address)
{
	return cvm_search(early->taken, sizeof(*early->taken), early->count, address);
}

/* Replace taken[from, to) by n ranges; CVM_ENOSPC if that does not fit. */
static int splice(struct cvm_early *early, size_t from, size_t to, const struct cvm_taken *with,
		  size_t n)
{
	size_t count = early->count - (to - from) + n;

	if (count > early->capacity) {
		early->needed = count;
		return CVM_ENOSPC;
	}
	if (from + n > to) {
		for (size_t i = early->count; i-- > to;)
			early->taken[i + n - (to - from)] = early->taken[i];
	} else {
		for (size_t i = to; i < early->count; i++)
			early->taken[i + n - (to - from)] = early->taken[i];
	}
	for (size_t i = 0; i < n; i++)
		early->taken[from + i] = with[i];
	early->count = count;
	return 0;
}

int cvm_early_reserve(struct cvm_early *early, uint64_t start, uint64_t end)
{
	struct cvm_taken merged = { start, end };
	size_t from, to;

	if (start >= end)
		return CVM_EINVAL;
	/* Neighbours that only touch are merged too. */
	from = find(early, start ? start - 1 : 0);
	for (to = from; to < early->count && early->taken[to].start <= end; to++) {
		merged.start = cvm_min(merged.start, early->taken[to].start);
		merged.end = cvm_max(merged.end, early->taken[to].end);
	}
	return splice(early, from, to, &merged, 1);
}

int cvm_early_free(struct cvm_early *early, uint64_t start, uint64_t end)
{
	struct cvm_taken rest[2];
	size_t from, to, n = 0;

	if (start >= end)
		return CVM_EINVAL;
	from = find(early, start);
	for (to = from; to < early->count && early->taken[to].start < end; to++) {
		const struct cvm_taken *taken = &early->taken[to];

		if (taken->start < start)
			rest[n++] = (struct cvm_taken){ taken->start, start };
		if (taken->end > end)
			rest[n++] = (struct cvm_taken){ end, taken->end };
	}
	return splice(early, from, to, rest, n);
}

static bool usable(const struct cvm_range *range)
{
	return range->type == CVM_MEM_RAM || range->type == CVM_MEM_UNACCEPTED;
}

/*
 * The first hole in what is taken, inside usable memory and [*start, *end): narrows the
 * two to it. Neighbouring usable ranges count as one.
 */
static bool next_hole(const struct cvm_early *early, uint64_t *start, uint64_t *end)
{
	const struct cvm_map *map = early->map;
	uint64_t from = *start;

	for (size_t i = 0; i < map->count; i++) {
		uint64_t bottom = map->range[i].start, top = map->range[i].end;

		if (!usable(&map->range[i]) || top <= from)
			continue;
		if (bottom >= *end)
			return false;
		while (i + 1 < map->count && usable(&map->range[i + 1]) &&
		       map->range[i + 1].start == top)
			top = map->range[++i].end;
		from = cvm_max(from, bottom);
		top = cvm_min(top, *end);
		for (size_t t = find(early, from); from < top; t++) {
			if (t == early->count || early->taken[t].start >= top) {
				*start = from;
				*end = top;
				return true;
			}
			if (early->taken[t].start > from) {
				*start = from;
				*end = early->taken[t].start;
				return true;
			}
			from = early->taken[t].end;
		}
	}
	return false;
}

struct request {
	uint64_t size, align, min, max;
	bool top_down;
};

/* Does the request fit into [start, end)? Where, at the end that it wants? */
static bool place(const struct request *request, uint64_t start, uint64_t end, uint64_t *gpa)
{
	uint64_t low;

	if (end > CVM_PHYS_END)
		end = CVM_PHYS_END;
	if (start >= end || end - start < request->size)
		return false;
	low = cvm_round_up(start, request->align);
	if (low < start || low > end || end - low < request->size)
		return false;
	*gpa = request->top_down ? cvm_round_down(end - request->size, request->align) : low;
	return true;
}

/* Where accepted memory ends for whoever must not ask for the guard unit: at its last page, if the
 * unit behind is not accepted. */
static uint64_t end_without_guard(const struct cvm_acceptor *acceptor, uint64_t end)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t next = cvm_round_up(end, CVM_PAGE_SIZE);

	if (!acceptor->config.guard || next % table->unit_size ||
	    !cvm_table_any(table, next, next + 1))
		return end;
	return next - CVM_PAGE_SIZE;
}

static bool find_room(const struct cvm_early *early, const struct request *request, bool accepted,
		      uint64_t *gpa)
{
	const struct cvm_table *table = early->acceptor->config.table;
	uint64_t start = request->min, end = request->max;
	bool found = false;

	while (next_hole(early, &start, &end)) {
		uint64_t hole_end = end;

		if (!accepted || !table) {
			found |= place(request, start, end, gpa);
		} else {
			/* Only the parts of the hole that are accepted. */
			while (cvm_table_next(table, &start, &end, true)) {
				if (place(request, start, end_without_guard(early->acceptor, end),
					  gpa)) {
					found = true;
					if (!request->top_down)
						return true;
				}
				start = end;
				end = hole_end;
			}
		}
		if (found && !request->top_down)
			return true;
		start = hole_end;
		end = request->max;
	}
	return found;
}

int cvm_early_alloc(struct cvm_early *early, uint64_t size, uint64_t align, uint64_t min,
		    uint64_t max, unsigned flags, uint64_t *gpa)
{
	struct request request = { size, align, min, cvm_min(max, CVM_PHYS_END),
				   flags & CVM_EARLY_TOP_DOWN };
	int error;

	if (!size || !align || align & (align - 1))
		return CVM_EINVAL;
	if (!((flags & CVM_EARLY_PREFER_ACCEPTED) && find_room(early, &request, true, gpa)) &&
	    !find_room(early, &request, false, gpa))
		return CVM_ENOMEM;
	error = cvm_early_reserve(early, *gpa, *gpa + size);
	if (error)
		return error;
	return cvm_accept(early->acceptor, *gpa, *gpa + size, CVM_CAUSE_EARLY);
}

bool cvm_early_next_free(const struct cvm_early *early, uint64_t *start, uint64_t *end)
{
	uint64_t from = *start, to = CVM_PHYS_END;

	while (next_hole(early, &from, &to)) {
		uint64_t first = cvm_round_up(from, CVM_PAGE_SIZE);
		uint64_t last = cvm_round_down(to, CVM_PAGE_SIZE);

		if (first < last) {
			*start = first;
			*end = last;
			return true;
		}
		from = to;
		to = CVM_PHYS_END;
	}
	return false;
}
