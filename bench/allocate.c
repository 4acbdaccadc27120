/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <cvmem/pages.h>

#include "memory.h"

/*
 * Steady state: blocks are allocated and freed, for a counter of instructions: with all memory in
 * an unaccepted table, or with an acceptor that has no table.
 *
 * usage: allocate table|no-table pages|cache same|mixed PAIRS
 *
 * same: one page, again and again. mixed: 256 blocks of orders 0 to 3 at a time, of which always
 * the oldest is replaced.
 */

#define LIVE 256

static struct cvm_cache cache;
static struct memory *memory;
static bool cached;

static uint64_t take(unsigned order)
{
	uint64_t gpa;
	int error = cached ? cvm_cache_alloc(&cache, order, &gpa)
			   : cvm_pages_alloc(&memory->pages, order, &gpa);

	if (error)
		abort();
	return gpa;
}

static void give(uint64_t gpa, unsigned order)
{
	if (cached ? cvm_cache_free(&cache, gpa, order)
		   : cvm_pages_free(&memory->pages, gpa, order))
		abort();
}

/* The order of the n-th block. */
static unsigned order_of(unsigned long n)
{
	uint64_t mixed = n * UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned)(mixed >> 62);
}

static void same(unsigned long pairs)
{
	for (unsigned long i = 0; i < pairs; i++)
		give(take(0), 0);
}

static void mixed(unsigned long pairs)
{
	static uint64_t live[LIVE];

	for (unsigned long i = 0; i < pairs + LIVE; i++) {
		if (i >= LIVE)
			give(live[i % LIVE], order_of(i - LIVE));
		live[i % LIVE] = take(order_of(i));
	}
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	memory = memory_new(UINT64_C(1) << 30, HOOK_COUNT,
			    strcmp(argv[1], "table") ? MEMORY_NO_TABLE : MEMORY_UNACCEPTED);
	cached = !strcmp(argv[2], "cache");
	cvm_cache_init(&cache, &memory->pages);
	(!strcmp(argv[3], "mixed") ? mixed : same)(strtoul(argv[4], NULL, 10));
	return 0;
}
