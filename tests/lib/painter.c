/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "painter.h"

#define LIMIT ((uint64_t)1 << 52)

static uint64_t random_state;

void random_seed(uint64_t seed)
{
	random_state = seed;
}

uint64_t random_below(uint64_t limit)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % limit;
}

void painter_uniform(struct painter *painter, uint64_t base, uint64_t scale, size_t slots)
{
	memset(painter, 0, sizeof(*painter));
	painter->slots = slots;
	for (size_t i = 0; i <= slots; i++)
		painter->grid[i] = base + i * scale;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void painter_random(struct painter *painter, uint64_t unit, size_t slots)
{
	size_t n = 1;

	memset(painter, 0, sizeof(*painter));
	for (size_t i = 1; i < slots; i++) {
		uint64_t near = random_below(slots * 2) * unit, far = random_below(LIMIT);

		switch (random_below(3)) {
		case 0:
			painter->grid[i] = near;
			break;
		case 1:
			painter->grid[i] = LIMIT - near;
			break;
		default:
			painter->grid[i] = far - far % unit;
		}
	}
	painter->grid[slots] = LIMIT;
	qsort(painter->grid, slots + 1, sizeof(painter->grid[0]), compare);
	for (size_t i = 1; i <= slots; i++)
		if (painter->grid[i] != painter->grid[n - 1])
			painter->grid[n++] = painter->grid[i];
	painter->slots = n - 1;
}

void painter_add(struct painter *painter, const struct entry *entry)
{
	unsigned __int128 end = (unsigned __int128)entry->start + entry->size;

	if (!entry->size || entry->start >= LIMIT ||
	    (end > LIMIT && (entry->type == CVM_MEM_RAM || entry->type == CVM_MEM_UNACCEPTED))) {
		painter->dropped++;
		return;
	}
	for (size_t i = 0; i < painter->slots; i++) {
		if (painter->grid[i] < entry->start || painter->grid[i] >= end)
			continue;
		if (entry->type < painter->type[i])
			continue;
		painter->type[i] = entry->type;
		painter->attr[i] = entry->attr;
	}
}

void painter_set(struct painter *painter, uint64_t start, uint64_t end, enum cvm_mem_type type)
{
	for (size_t i = 0; i < painter->slots; i++)
		if (painter->grid[i] >= start && painter->grid[i] < end &&
		    painter->type[i] != CVM_MEM_NONE)
			painter->type[i] = type;
}

/* One granule, the slots [first, first + n). */
static void align_granule(struct painter *painter, size_t first, size_t n)
{
	enum cvm_mem_type type = CVM_MEM_NONE;
	uint64_t attr = 0;
	int uniform = 1;

	for (size_t i = first; i < first + n; i++) {
		uniform &= painter->type[i] == painter->type[first] &&
			   painter->attr[i] == painter->attr[first];
		if (painter->type[i] != CVM_MEM_RAM && painter->type[i] != CVM_MEM_UNACCEPTED &&
		    painter->type[i] != CVM_MEM_SOFT_RESERVED && painter->type[i] >= type) {
			type = painter->type[i];
			attr = painter->attr[i];
		}
	}
	if (uniform)
		return;
	for (size_t i = first; i < first + n; i++) {
		painter->type[i] = type;
		painter->attr[i] = attr;
	}
}

void painter_align(struct painter *painter, uint64_t granule)
{
	size_t n = granule / (painter->grid[1] - painter->grid[0]);

	for (size_t i = 0; i < painter->slots; i += n)
		align_granule(painter, i, n);
}

size_t painter_ranges(const struct painter *painter, struct cvm_range *out)
{
	size_t n = 0;

	for (size_t i = 0; i < painter->slots; i++) {
		if (painter->type[i] == CVM_MEM_NONE)
			continue;
		if (i && painter->type[i] == painter->type[i - 1] &&
		    painter->attr[i] == painter->attr[i - 1]) {
			out[n - 1].end = painter->grid[i + 1];
			continue;
		}
		out[n++] = (struct cvm_range){
			.start = painter->grid[i],
			.end = painter->grid[i + 1],
			.attr = painter->attr[i],
			.type = painter->type[i],
		};
	}
	return n;
}

static void expect_ranges(const struct cvm_range *want, size_t n, const struct cvm_map *map)
{
	assert_int_equal(map->count, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(map->range[i].start, want[i].start);
		assert_int_equal(map->range[i].end, want[i].end);
		assert_int_equal(map->range[i].type, want[i].type);
		assert_int_equal(map->range[i].attr, want[i].attr);
	}
}

void painter_expect(const struct painter *painter, const struct cvm_map *map)
{
	struct cvm_range want[PAINTER_SLOTS];

	expect_ranges(want, painter_ranges(painter, want), map);
	assert_int_equal(map->dropped, painter->dropped);
	assert_true(map->count <= map->capacity);
}

void expect_same(const struct cvm_map *a, const struct cvm_map *b)
{
	expect_ranges(a->range, a->count, b);
}

struct cvm_map map_with(size_t capacity)
{
	struct cvm_range *storage = malloc(capacity * sizeof(*storage) + !capacity);
	struct cvm_map map;

	assert_non_null(storage);
	cvm_map_init(&map, storage, capacity);
	return map;
}

struct entry random_entry(const struct painter *painter, size_t types, size_t attrs)
{
	static const enum cvm_mem_type type[] = {
		CVM_MEM_RAM,	 CVM_MEM_UNACCEPTED, CVM_MEM_RESERVED,	    CVM_MEM_ACPI,
		CVM_MEM_NVS,	 CVM_MEM_PERSISTENT, CVM_MEM_SOFT_RESERVED, CVM_MEM_PRAM,
		CVM_MEM_RUNTIME, CVM_MEM_MMIO,	     CVM_MEM_UNUSABLE,
	};
	static const uint64_t attr[] = { 0xf, 0, 0x800000000000000f, 0x4000f };
	size_t first = random_below(painter->slots + 1), last = random_below(painter->slots + 1);
	struct entry entry = {
		.type = type[random_below(types)],
		.attr = attr[random_below(attrs)],
	};

	if (random_below(3)) /* mostly short ones: long ones would soon cover all */
		last = first + random_below(4);
	if (last > painter->slots)
		last = painter->slots;
	if (first > last) {
		size_t swap = first;

		first = last;
		last = swap;
	}
	entry.start = painter->grid[first];
	entry.size = painter->grid[last] - painter->grid[first];
	if (painter->grid[painter->slots] != LIMIT)
		return entry;

	switch (random_below(24)) {
	case 0: /* passes 2^52 */
		entry.size = LIMIT - entry.start + 4096 * (1 + random_below(1000));
		break;
	case 1: /* passes 2^64 */
		entry.size = UINT64_MAX - 4095 - random_below(1000) * 4096;
		break;
	case 2: /* as much as wraps to exactly 0 */
		entry.size = -entry.start;
		break;
	case 3: /* outside */
		entry.start = LIMIT + random_below(2) * 4096;
		entry.size = 4096;
		break;
	case 4:
		entry.start = UINT64_MAX - 4095;
		entry.size = 4096 * (1 + random_below(3));
		break;
	}
	return entry;
}
