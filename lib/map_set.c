/* SPDX-License-Identifier: MIT */
#include <cvmem/error.h>
#include <cvmem/map.h>

#include "internal.h"
#include "map.h"

/* Make one range of each run in [first, last) that is one; returns the new `last`. */
static size_t join(struct cvm_map *map, size_t first, size_t last)
{
	size_t to = first;

	for (size_t i = first + 1; i < last; i++) {
		if (cvm_range_joins(&map->range[to], &map->range[i]))
			map->range[to].end = map->range[i].end;
		else
			map->range[++to] = map->range[i];
	}
	return to + 1;
}

/* How many pairs of neighbours become one range when [first, last) has the type. */
static size_t count_joins(const struct cvm_map *map, size_t first, size_t last, bool left,
			  bool right, enum cvm_mem_type type)
{
	/* A part that stays outside keeps the neighbour on its side away. */
	size_t from = left || !first ? first : first - 1;
	size_t to = right || last == map->count ? last : last + 1;
	size_t joins = 0;

	for (size_t i = from + 1; i < to; i++) {
		struct cvm_range a = map->range[i - 1], b = map->range[i];

		if (i - 1 >= first)
			a.type = type;
		if (i < last)
			b.type = type;
		joins += cvm_range_joins(&a, &b);
	}
	return joins;
}

static void insert(struct cvm_map *map, size_t at, const struct cvm_range *range)
{
	cvm_map_move(map, at, at + 1);
	map->range[at] = *range;
}

int cvm_map_set(struct cvm_map *map, uint64_t start, uint64_t end, enum cvm_mem_type type)
{
	struct cvm_range left, right; /* the parts that reach over start and end */
	bool has_left, has_right;
	size_t first, last, count;

	if (start >= end || type <= CVM_MEM_NONE || type >= CVM_MEM_TYPES)
		return CVM_EINVAL;
	first = cvm_map_search(map, start);
	last = cvm_map_search(map, end - 1);
	if (last < map->count && map->range[last].start < end)
		last++;
	if (first >= last)
		return 0;

	left = map->range[first];
	left.end = start;
	has_left = left.start < start && left.type != type;
	right = map->range[last - 1];
	right.start = end;
	has_right = end < right.end && right.type != type;
	count = map->count + has_left + has_right -
		count_joins(map, first, last, has_left, has_right, type);
	if (count > map->capacity) {
		map->needed = count;
		return CVM_ENOSPC;
	}

	if (has_left)
		map->range[first].start = start;
	if (has_right)
		map->range[last - 1].end = end;
	for (size_t i = first; i < last; i++)
		map->range[i].type = type;
	first -= first > 0;
	last += last < map->count;
	cvm_map_move(map, last, join(map, first, last));
	if (has_right)
		insert(map, cvm_map_search(map, end - 1) + 1, &right);
	if (has_left)
		insert(map, cvm_map_search(map, start), &left);
	CVM_ASSERT(map->count == count);
	return 0;
}
