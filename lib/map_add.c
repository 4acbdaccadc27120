/* SPDX-License-Identifier: MIT */
#include <cvmem/error.h>
#include <cvmem/map.h>

#include "internal.h"
#include "map.h"

/*
 * An entry goes into the gaps between the ranges that are stronger, and takes the
 * place of all others: [first, last) are the ranges that overlap it, of which
 * `strong` stay; `gaps` pieces of the entry come between them; and of a weaker range
 * that reaches over the entry's start or end, the part outside stays.
 */
struct window {
	size_t first, last;
	size_t strong, gaps;
	struct cvm_range left, right; /* the parts outside; start == end: none */
};

/* A neighbour that is the same but for its address becomes a part of the entry. */
static void join_neighbours(const struct cvm_map *map, struct cvm_range *entry)
{
	size_t i = entry->start ? cvm_map_search(map, entry->start - 1) : 0;

	if (i < map->count && map->range[i].start < entry->start &&
	    cvm_range_like(&map->range[i], entry))
		entry->start = map->range[i].start;
	i = cvm_map_search(map, entry->end);
	if (i < map->count && map->range[i].start <= entry->end &&
	    cvm_range_like(&map->range[i], entry))
		entry->end = map->range[i].end;
}

static void survey(const struct cvm_map *map, const struct cvm_range *entry, struct window *window)
{
	uint64_t cursor = entry->start; /* up to here, gaps are counted */
	size_t i = cvm_map_search(map, entry->start);

	/* Field by field: compilers clear a structure of this size with memset(). */
	window->first = i;
	window->strong = window->gaps = 0;
	window->left.start = window->left.end = 0;
	window->right.start = window->right.end = 0;
	for (; i < map->count && map->range[i].start < entry->end; i++) {
		const struct cvm_range *range = &map->range[i];

		if (range->type > entry->type) {
			window->strong++;
			window->gaps += range->start > cursor;
			cursor = range->end;
			continue;
		}
		if (range->start < entry->start) {
			window->left = *range;
			window->left.end = entry->start;
		}
		if (range->end > entry->end) {
			window->right = *range;
			window->right.start = entry->end;
		}
	}
	window->last = i;
	window->gaps += cursor < entry->end;
}

/* Keep the strong ranges of the window alone, at its beginning. */
static void drop_weak(struct cvm_map *map, const struct window *window, enum cvm_mem_type type)
{
	size_t to = window->first;

	for (size_t i = window->first; i < window->last; i++)
		if (map->range[i].type > type)
			map->range[to++] = map->range[i];
}

/* From the end down, so that no strong range is overwritten before it is moved. */
static void fill(struct cvm_map *map, const struct window *window, struct cvm_range entry,
		 size_t to)
{
	const uint64_t start = entry.start;

	if (window->right.start < window->right.end)
		map->range[--to] = window->right;
	for (size_t i = window->first + window->strong; i-- > window->first;) {
		struct cvm_range strong = map->range[i];

		if (strong.end < entry.end) {
			entry.start = strong.end;
			map->range[--to] = entry;
		}
		entry.end = strong.start;
		map->range[--to] = strong;
	}
	if (start < entry.end) {
		entry.start = start;
		map->range[--to] = entry;
	}
	if (window->left.start < window->left.end)
		map->range[--to] = window->left;
	CVM_ASSERT(to == window->first);
}

int cvm_map_add(struct cvm_map *map, uint64_t start, uint64_t size, enum cvm_mem_type type,
		uint64_t attr)
{
	struct cvm_range entry = { .start = start, .attr = attr, .type = type };
	struct window window;
	size_t pieces, count;

	if (type <= CVM_MEM_NONE || type >= CVM_MEM_TYPES)
		return CVM_EINVAL;
	if (!size || start >= CVM_PHYS_END ||
	    (size > CVM_PHYS_END - start && type <= CVM_MEM_UNACCEPTED)) {
		map->dropped++;
		return 0;
	}
	entry.end = start + cvm_min(size, CVM_PHYS_END - start);

	join_neighbours(map, &entry);
	survey(map, &entry, &window);
	pieces = window.strong + window.gaps + (window.left.start < window.left.end) +
		 (window.right.start < window.right.end);
	count = map->count - (window.last - window.first) + pieces;
	if (count > map->capacity) {
		map->needed = count;
		return CVM_ENOSPC;
	}
	drop_weak(map, &window, type);
	cvm_map_move(map, window.last, window.first + pieces);
	fill(map, &window, entry, window.first + pieces);
	return 0;
}
