/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_MAP_CHECK_H
#define FUZZ_MAP_CHECK_H

#include <cvmem/base.h>
#include <cvmem/map.h>

#include "fuzz/check.h"

/* One entry of an input, as the target itself understands it. */
struct source {
	uint64_t start, size;
	enum cvm_mem_type type;
	uint64_t attr;
};

/* A map over fresh storage; free map.range. */
struct cvm_map fuzz_map(size_t capacity);

/* Sorted, disjoint, merged, within bounds. */
void check_form(const struct cvm_map *map);

/*
 * No entry is contradicted by a weaker range, and every range has an entry of its type
 * and attributes at each end.
 */
void check_sources(const struct cvm_map *map, const struct source *sources, size_t n);

void check_equal(const struct cvm_map *a, const struct cvm_map *b);

/* What the other operations do to this map: align, set, find, bytes. Changes it. */
void check_operations(struct cvm_map *map);

#endif
