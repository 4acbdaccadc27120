/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_LIB_MACHINE_H
#define CVMEM_TESTS_LIB_MACHINE_H

#include <cvmem/map.h>
#include <cvmem/pages.h>

#include "fake.h"
#include "job.h"

/*
 * A page allocator over a fake platform whose memory faults until it is accepted, and a model of
 * it that knows for each page whether it was added and is handed out. Each step checks what the
 * allocator says against the model.
 */

struct block {
	uint64_t gpa;
	unsigned order;
	uint64_t pattern;
};

enum page_model { PAGE_NOT_ADDED, PAGE_ADDED, PAGE_OUT };

struct machine {
	struct fake *fake;
	struct cvm_map map;
	struct cvm_range ranges[64];
	struct cvm_table *table;
	struct cvm_claim *claims;
	struct cvm_acceptor acceptor;
	struct cvm_pages pages;
	void *index, *seed;
	uint8_t *model; /* enum page_model of each page from fake->base on */
	struct block *block;
	size_t blocks, capacity;
	uint64_t total, out; /* pages */
	uint64_t patterns;
	bool refuses; /* some page does: unaccepted memory may fail */
};

/* ranges: sorted, of types RAM (accepted) and UNACCEPTED; nothing is added yet. */
struct machine *machine_new(uint64_t base, uint64_t end, uint32_t unit, bool guard,
			    const struct cvm_range *ranges, size_t n);
void machine_free(struct machine *machine);

/* cvm_pages_add() that must succeed. */
void machine_add(struct machine *machine, uint64_t start, uint64_t end);
/* All that the map has. */
void machine_add_all(struct machine *machine);

/* Allocate, check the block, write into it. What cvm_pages_alloc() returned. */
int machine_alloc(struct machine *machine, unsigned order);
/* Check what was written into block i, and free it. */
void machine_release(struct machine *machine, size_t i);
void machine_release_all(struct machine *machine, uint64_t *seed);
/* Until there is no more; how many. */
uint64_t machine_exhaust(struct machine *machine, unsigned order);

/* Every counter against the model. */
void machine_check(struct machine *machine);
/* With nothing handed out: the free blocks are those of `pages` merged as far as they can be. */
void machine_check_merged(struct machine *machine, const uint8_t *pages);

void block_write(struct fake *fake, const struct block *block);
bool block_intact(struct fake *fake, const struct block *block);

struct cvm_pages_stats machine_stats(struct machine *machine);
uint64_t machine_accepted(struct machine *machine, enum cvm_cause cause);

#endif
