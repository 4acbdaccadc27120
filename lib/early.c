/* SPDX-License-Identifier: MIT */
#include <cvmem/early.h>

#include "internal.h"

void cvm_early_init(struct cvm_early *early, const struct cvm_map *map,
		    struct cvm_acceptor *acceptor, struct cvm_span *storage, size_t capacity)
{
	early->map = map;
	early->acceptor = acceptor;
	early->reserved = storage;
	early->count = 0;
	early->capacity = capacity;
	early->needed = 0;
}

/* The first reserved range that ends after address. */
static size_t find(const struct cvm_early *early, uint64_t address)
{
	return cvm_search(early->reserved, sizeof(*early->reserved), early->count, address);
}

/* Replace reserved[from, to) by n ranges; CVM_ENOSPC if that does not fit. */
static int splice(struct cvm_early *early, size_t from, size_t to, const struct cvm_span *with,
		  size_t n)
{
	size_t count = early->count - (to - from) + n;

	if (count > early->capacity) {
		early->needed = count;
		return CVM_ENOSPC;
	}
	if (from + n > to) {
		for (size_t i = early->count; i-- > to;)
			early->reserved[i + n - (to - from)] = early->reserved[i];
	} else {
		for (size_t i = to; i < early->count; i++)
			early->reserved[i + n - (to - from)] = early->reserved[i];
	}
	for (size_t i = 0; i < n; i++)
		early->reserved[from + i] = with[i];
	early->count = count;
	return 0;
}

int cvm_early_reserve(struct cvm_early *early, uint64_t start, uint64_t end)
{
	struct cvm_span merged = { start, end };
	size_t from, to;

	if (start >= end)
		return CVM_EINVAL;
	/* Adjacent neighbours are merged as well. */
	from = find(early, start ? start - 1 : 0);
	for (to = from; to < early->count && early->reserved[to].start <= end; to++) {
		merged.start = cvm_min(merged.start, early->reserved[to].start);
		merged.end = cvm_max(merged.end, early->reserved[to].end);
	}
	return splice(early, from, to, &merged, 1);
}

int cvm_early_free(struct cvm_early *early, uint64_t start, uint64_t end)
{
	struct cvm_span rest[2];
	size_t from, to, n = 0;

	if (start >= end)
		return CVM_EINVAL;
	from = find(early, start);
	for (to = from; to < early->count && early->reserved[to].start < end; to++) {
		const struct cvm_span *span = &early->reserved[to];

		if (span->start < start)
			rest[n++] = (struct cvm_span){ span->start, start };
		if (span->end > end)
			rest[n++] = (struct cvm_span){ end, span->end };
	}
	return splice(early, from, to, rest, n);
}

static bool usable(const struct cvm_range *range)
{
	return range->type == CVM_MEM_RAM || range->type == CVM_MEM_UNACCEPTED;
}

/*
 * The first hole between reserved ranges, inside usable memory and [*start, *end): narrows the
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
			if (t == early->count || early->reserved[t].start >= top) {
				*start = from;
				*end = top;
				return true;
			}
			if (early->reserved[t].start > from) {
				*start = from;
				*end = early->reserved[t].start;
				return true;
			}
			from = early->reserved[t].end;
		}
	}
	return false;
}

/* Does the request fit into [start, end)? *gpa: the lowest or highest place. */
static bool place(const struct cvm_early_request *request, uint64_t start, uint64_t end,
		  uint64_t *gpa)
{
	uint64_t low;

	if (end > CVM_PHYS_END)
		end = CVM_PHYS_END;
	if (start >= end || end - start < request->size)
		return false;
	low = cvm_round_up(start, request->align);
	if (low < start || low > end || end - low < request->size)
		return false;
	*gpa = request->flags & CVM_EARLY_TOP_DOWN
		       ? cvm_round_down(end - request->size, request->align)
		       : low;
	return true;
}

/* Where accepted memory ends for a caller that must not trigger the guard unit: at its last page,
 * if the unit behind is not accepted. */
static uint64_t end_without_guard(const struct cvm_acceptor *acceptor, uint64_t end)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t next = cvm_round_up(end, CVM_PAGE_SIZE);

	if (!acceptor->config.guard || next % table->unit_size ||
	    !cvm_table_any(table, next, next + 1))
		return end;
	return next - CVM_PAGE_SIZE;
}

static bool find_room(const struct cvm_early *early, const struct cvm_early_request *request,
		      bool accepted, uint64_t *gpa)
{
	const struct cvm_table *table = early->acceptor->config.table;
	uint64_t max = request->max ? cvm_min(request->max, CVM_PHYS_END) : CVM_PHYS_END;
	uint64_t start = request->min, end = max;
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
					if (!(request->flags & CVM_EARLY_TOP_DOWN))
						return true;
				}
				start = end;
				end = hole_end;
			}
		}
		if (found && !(request->flags & CVM_EARLY_TOP_DOWN))
			return true;
		start = hole_end;
		end = max;
	}
	return found;
}

int cvm_early_alloc(struct cvm_early *early, const struct cvm_early_request *request, uint64_t *gpa)
{
	int error;

	if (!request->size || !request->align || request->align & (request->align - 1))
		return CVM_EINVAL;
	if (!((request->flags & CVM_EARLY_PREFER_ACCEPTED) &&
	      find_room(early, request, true, gpa)) &&
	    !find_room(early, request, false, gpa))
		return CVM_ENOMEM;
	error = cvm_early_reserve(early, *gpa, *gpa + request->size);
	if (error)
		return error;
	return cvm_accept(early->acceptor, *gpa, *gpa + request->size, CVM_CAUSE_EARLY);
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
