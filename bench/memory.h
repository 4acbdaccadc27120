/* SPDX-License-Identifier: MIT */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <cvmem/pages.h>

#include "world.h"

/* A page allocator over a world's memory, of which only the descriptors are ever touched. */
struct memory {
	struct world *world;
	struct cvm_pages pages;
	void *direct, *index, *seed;
};

enum memory_begins {
	MEMORY_UNACCEPTED,
	MEMORY_ACCEPTED,
	MEMORY_NO_TABLE, /* accepted, and the acceptor has no table: the same without acceptance */
};

struct memory *memory_new(uint64_t bytes, enum hook hook, enum memory_begins begins);
void memory_free(struct memory *memory);

#endif
