/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/mman.h>

#include "memory.h"

static void *reserve(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}

struct memory *memory_new(uint64_t bytes, enum hook hook, enum memory_begins begins)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	struct cvm_pages_config config = { .start = BASE, .end = BASE + bytes };

	if (!memory)
		abort();
	memory->world = world_new(bytes, hook, true);
	world_fill(memory->world, begins == MEMORY_UNACCEPTED);
	if (begins == MEMORY_NO_TABLE) {
		struct cvm_acceptor_config none = memory->world->acceptor.config;

		none.table = NULL;
		none.claims = NULL;
		if (cvm_acceptor_init(&memory->world->acceptor, &none))
			abort();
	}
	memory->direct = reserve(bytes);
	memory->index = reserve(cvm_pages_index_bytes(BASE, BASE + bytes));
	memory->seed = reserve(CVM_PAGES_SEED);
	config.acceptor = &memory->world->acceptor;
	config.direct_map = (uintptr_t)memory->direct - BASE;
	config.index = memory->index;
	config.seed = memory->seed;
	config.seed_bytes = CVM_PAGES_SEED;
	if (cvm_pages_init(&memory->pages, &config) ||
	    cvm_pages_add(&memory->pages, BASE, BASE + bytes))
		abort();
	return memory;
}

void memory_free(struct memory *memory)
{
	munmap(memory->direct, memory->world->bytes);
	munmap(memory->index, cvm_pages_index_bytes(BASE, BASE + memory->world->bytes));
	munmap(memory->seed, CVM_PAGES_SEED);
	world_free(memory->world);
	free(memory);
}
