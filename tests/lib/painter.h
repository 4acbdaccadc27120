/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MAP_PAINTER_H
#define TESTS_MAP_PAINTER_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cvmem/base.h>
#include <cvmem/map.h>

/*
 * The oracle: the address space cut into a few slots, each with a type and attributes
 * of its own, painted one by one. No sorting, no merging, no searching.
 */
#define PAINTER_SLOTS 128

struct painter {
	size_t slots;
	uint64_t grid[PAINTER_SLOTS + 1]; /* slot i is [grid[i], grid[i + 1]) */
	enum cvm_mem_type type[PAINTER_SLOTS];
	uint64_t attr[PAINTER_SLOTS];
	size_t dropped;
};

/* Something to add: what a map, an E820 table or an EFI map is made of. */
struct entry {
	uint64_t start, size;
	enum cvm_mem_type type;
	uint64_t attr;
};

/* Slots of equal size from base on. */
void painter_uniform(struct painter *painter, uint64_t base, uint64_t scale, size_t slots);

/* Slots of any size, multiples of unit, from 0 to 2^52. */
void painter_random(struct painter *painter, uint64_t unit, size_t slots);

void painter_add(struct painter *painter, const struct entry *entry);
void painter_set(struct painter *painter, uint64_t start, uint64_t end, enum cvm_mem_type type);

/* The slots are equal, and the granule a multiple of them that divides the base. */
void painter_align(struct painter *painter, uint64_t granule);

/* The ranges that the slots make; returns how many. */
size_t painter_ranges(const struct painter *painter, struct cvm_range *out);

/* Assert that the map is what was painted, range by range, and well formed. */
void painter_expect(const struct painter *painter, const struct cvm_map *map);

/* Assert that two maps hold the same ranges. */
void expect_same(const struct cvm_map *a, const struct cvm_map *b);

/* A map over storage of exactly this capacity, from malloc(); free map.range. */
struct cvm_map map_with(size_t capacity);

/* A fixed sequence; each test starts it anew. */
void random_seed(uint64_t seed);
uint64_t random_below(uint64_t limit);

/*
 * An entry whose bounds are on the painter's grid, or pass 2^52 or 2^64 if the grid
 * ends at 2^52. Sometimes empty. Types and attributes from the first `types` and
 * `attrs` of a fixed choice: few of them make many equal neighbours.
 */
struct entry random_entry(const struct painter *painter, size_t types, size_t attrs);

#endif
