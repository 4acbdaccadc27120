/* SPDX-License-Identifier: MIT */
#include <cvmem/base.h>
#include <cvmem/map.h>

#include "internal.h"
#include "map_internal.h"

static bool alike(const struct cvm_range *a, const struct cvm_range *b)
{
	return a->type == b->type && a->attr == b->attr;
}

/* Are a and b, neighbours in this order, one range in two parts? */
static bool joins(const struct cvm_range *a, const struct cvm_range *b)
{
	return a->end == b->start && alike(a, b);
}

void cvm_map_init(struct cvm_map *map, struct cvm_range *storage, size_t capacity)
{
	map->range = storage;
	map->count = 0;
	map->capacity = capacity;
	map->needed = 0;
	map->dropped = 0;
}

size_t cvm_map_storage(size_t n)
{
	return n > (SIZE_MAX - 1) / 2 ? SIZE_MAX : 2 * n + 1;
}

/*
 * Every bound in a map is a bound of something that was added, and an entry adds
 * two: k bounds make k - 1 ranges at most.
 */
size_t cvm_map_enough(const struct cvm_map *map, size_t n)
{
	size_t bounds = 2 * (map->count + n);

	for (size_t i = 1; i < map->count; i++)
		bounds -= map->range[i - 1].end == map->range[i].start;
	return bounds ? bounds - 1 : 0;
}

/* The first range that ends after address. */
static size_t search(const struct cvm_map *map, uint64_t address)
{
	return cvm_search(map->range, sizeof(*map->range), map->count, address);
}

/* Move the ranges [from, count) to index `to`, and adjust the count. */
static void move(struct cvm_map *map, size_t from, size_t to)
{
	size_t n = map->count - from;

	if (to < from) {
		for (size_t i = 0; i < n; i++)
			map->range[to + i] = map->range[from + i];
	} else if (to > from) {
		for (size_t i = n; i-- > 0;)
			map->range[to + i] = map->range[from + i];
	}
	map->count = to + n;
}

int cvm_map_limit(struct cvm_map *map, uint64_t end)
{
	int error = 0;

	while (map->count && map->range[map->count - 1].end > end) {
		struct cvm_range *last = &map->range[map->count - 1];

		if (cvm_range_is_memory(last) || last->type == CVM_MEM_SOFT_RESERVED)
			error = CVM_ERANGE;
		if (last->start < end)
			last->end = end;
		else
			map->count--;
	}
	return error;
}

const struct cvm_range *cvm_map_find(const struct cvm_map *map, uint64_t address)
{
	size_t i = search(map, address);

	if (i == map->count || map->range[i].start > address)
		return NULL;
	return &map->range[i];
}

uint64_t cvm_map_bytes(const struct cvm_map *map, enum cvm_mem_type type)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->count; i++)
		if (map->range[i].type == type)
			bytes += map->range[i].end - map->range[i].start;
	return bytes;
}

const char *cvm_mem_type_name(enum cvm_mem_type type)
{
	switch (type) {
	case CVM_MEM_NONE:
		return "none";
	case CVM_MEM_RAM:
		return "usable";
	case CVM_MEM_UNACCEPTED:
		return "unaccepted";
	case CVM_MEM_SOFT_RESERVED:
		return "soft reserved";
	case CVM_MEM_ACPI:
		return "ACPI data";
	case CVM_MEM_NVS:
		return "ACPI NVS";
	case CVM_MEM_PERSISTENT:
		return "persistent";
	case CVM_MEM_PRAM:
		return "persistent (type 12)";
	case CVM_MEM_RUNTIME:
		return "EFI runtime";
	case CVM_MEM_RESERVED:
		return "reserved";
	case CVM_MEM_MMIO:
		return "MMIO";
	case CVM_MEM_UNUSABLE:
		return "unusable";
	case CVM_MEM_TYPES:
		break;
	}
	return "unknown";
}

bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end)
{
	while (start < end) {
		const struct cvm_range *range = cvm_map_find(map, start);

		if (!range || !cvm_range_is_memory(range))
			return false;
		start = range->end;
	}
	return true;
}

/*
 * An entry goes into the gaps between the ranges that are stronger, and takes the
 * place of all others: [first, last) are the ranges that overlap it, of which
 * `strong` stay; `gaps` parts of the entry come between them; and the part of a weaker
 * range that lies outside the entry stays.
 */
struct window {
	size_t first, last;
	size_t strong, gaps;
	struct cvm_range left, right; /* the parts outside; start == end: none */
};

/* A neighbour of the same type and attributes becomes a part of the entry. */
static void join_neighbours(const struct cvm_map *map, struct cvm_range *entry)
{
	size_t i = entry->start ? search(map, entry->start - 1) : 0;

	if (i < map->count && map->range[i].start < entry->start && alike(&map->range[i], entry))
		entry->start = map->range[i].start;
	i = search(map, entry->end);
	if (i < map->count && map->range[i].start <= entry->end && alike(&map->range[i], entry))
		entry->end = map->range[i].end;
}

static void survey(const struct cvm_map *map, const struct cvm_range *entry, struct window *window)
{
	uint64_t cursor = entry->start; /* up to here, gaps are counted */
	size_t i = search(map, entry->start);

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

/* Keep only the strong ranges of the window, at its beginning. */
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
	struct window window CVM_UNINITIALIZED;
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
	move(map, window.last, window.first + pieces);
	fill(map, &window, entry, window.first + pieces);
	return 0;
}

/* Make one range of each run in [first, last) that is one; returns the new `last`. */
static size_t join(struct cvm_map *map, size_t first, size_t last)
{
	size_t to = first;

	for (size_t i = first + 1; i < last; i++) {
		if (joins(&map->range[to], &map->range[i]))
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
	/* A part that stays outside separates the neighbour on its side. */
	size_t from = left || !first ? first : first - 1;
	size_t to = right || last == map->count ? last : last + 1;
	size_t count = 0;

	for (size_t i = from + 1; i < to; i++) {
		struct cvm_range a = map->range[i - 1], b = map->range[i];

		if (i - 1 >= first)
			a.type = type;
		if (i < last)
			b.type = type;
		count += joins(&a, &b);
	}
	return count;
}

static void insert(struct cvm_map *map, size_t at, const struct cvm_range *range)
{
	move(map, at, at + 1);
	map->range[at] = *range;
}

int cvm_map_set(struct cvm_map *map, uint64_t start, uint64_t end, enum cvm_mem_type type)
{
	struct cvm_range left, right; /* the parts outside [start, end) */
	bool has_left, has_right;
	size_t first, last, count;

	if (start >= end || type <= CVM_MEM_NONE || type >= CVM_MEM_TYPES)
		return CVM_EINVAL;
	first = search(map, start);
	last = search(map, end - 1);
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
	move(map, last, join(map, first, last));
	if (has_right)
		insert(map, search(map, end - 1) + 1, &right);
	if (has_left)
		insert(map, search(map, start), &left);
	CVM_ASSERT(map->count == count);
	return 0;
}

/* Usable memory loses a granule that it covers in part; everything else keeps it. */
static bool shrinks(enum cvm_mem_type type)
{
	return type <= CVM_MEM_SOFT_RESERVED;
}

/* False: nothing is left of the range. */
static bool round_range(struct cvm_range *range, uint64_t granule)
{
	if (shrinks(range->type)) {
		range->start = cvm_round_up(range->start, granule);
		range->end = cvm_round_down(range->end, granule);
	} else {
		range->start = cvm_round_down(range->start, granule);
		range->end = cvm_round_up(range->end, granule);
	}
	return range->start < range->end;
}

/*
 * The one granule that the newest held range and its successor may both cover: the larger type has
 * it, or the later one of equal types, as in cvm_map_add().
 */
static void settle_granule(struct cvm_aligner *aligner, struct cvm_range *range)
{
	struct cvm_range *held = &aligner->held[aligner->count - 1];

	if (held->end <= range->start)
		return;
	if (range->type < held->type) {
		range->start = held->end;
		return;
	}
	held->end = range->start;
	if (held->start == held->end)
		aligner->count--;
}

/* Add a range to those held. False: there is no room; add it again when there is. */
static bool take(struct cvm_aligner *aligner, struct cvm_range range)
{
	struct cvm_range *held;

	if (!round_range(&range, aligner->granule))
		return true;
	if (aligner->count)
		settle_granule(aligner, &range);
	if (range.start == range.end)
		return true;
	held = &aligner->held[aligner->count];
	if (aligner->count && joins(held - 1, &range)) {
		held[-1].end = range.end;
		return true;
	}
	if (aligner->count == 2)
		return false;
	*held = range;
	aligner->count++;
	return true;
}

void cvm_aligner_init(struct cvm_aligner *aligner, const struct cvm_map *map, uint64_t granule)
{
	/* Field by field: compilers clear a structure of this size with memset(). */
	aligner->map = map;
	aligner->granule = granule;
	aligner->next = 0;
	aligner->count = 0;
}

bool cvm_aligner_next(struct cvm_aligner *aligner, struct cvm_range *range)
{
	while (aligner->next < aligner->map->count &&
	       take(aligner, aligner->map->range[aligner->next]))
		aligner->next++;
	if (!aligner->count)
		return false;
	*range = aligner->held[0];
	aligner->held[0] = aligner->held[1];
	aligner->count--;
	return true;
}

int cvm_map_align(struct cvm_map *map, uint64_t granule)
{
	struct cvm_aligner aligner CVM_UNINITIALIZED;
	struct cvm_range range;
	size_t count = 0;

	if (!granule || granule & (granule - 1) || granule > CVM_PHYS_END)
		return CVM_EINVAL;
	cvm_aligner_init(&aligner, map, granule);
	while (cvm_aligner_next(&aligner, &range))
		map->range[count++] = range;
	map->count = count;
	return 0;
}
