/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bench.h"
#include "world.h"

static void *allocate(size_t bytes)
{
	void *memory = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);

	if (!memory)
		abort();
	memset(memory, 0, bytes);
	return memory;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
}

static int accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		  struct cvm_accept_result *result)
{
	struct world *world = (struct world *)platform;
	uint64_t units = (end - start) / UNIT;

	switch (world->hook) {
	case HOOK_COUNT:
		world->counted += units;
		world->calls++;
		break;
	case HOOK_SLEEP:
		__atomic_fetch_add(&world->counted, units, __ATOMIC_RELAXED);
		if (world->unit_ns)
			sleep_ns(units * world->unit_ns);
		break;
	case HOOK_ZERO:
		memset(world->memory + (start - BASE), 0, end - start);
		break;
	}
	result->done = end - start;
	result->accepted[CVM_LEVEL_2M] = units;
	return 0;
}

static void terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason, uint64_t gpa)
{
	abort();
}

/* A wait that burns its processor would keep the others, of which there are more than
 * processors, from working. */
static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	sched_yield();
}

static const struct cvm_host host = { .relax = relax };

struct world *world_new(uint64_t bytes, enum hook hook, bool guard)
{
	struct world *world = allocate(sizeof(*world));
	struct cvm_acceptor_config config = { .guard = guard, .host = &host };
	uint64_t bitmap_bytes = (bytes / UNIT + 63) / 64 * 8;

	world->platform.name = "bench";
	world->platform.accept = accept;
	world->platform.terminate = terminate;
	world->hook = hook;
	world->unit_ns = 1000000;
	world->bytes = bytes;
	if (hook == HOOK_ZERO) {
		world->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (world->memory == MAP_FAILED)
			abort();
		/* MAP_POPULATE is a request. The first run must not pay for page faults. */
		memset(world->memory, 1, bytes);
	}
	world->table = allocate(CVM_TABLE_HEADER + bitmap_bytes);
	world->table->version = CVM_TABLE_VERSION;
	world->table->unit_size = UNIT;
	world->table->phys_base = BASE;
	world->table->size = bitmap_bytes;
	world->claims = allocate(cvm_claims_bytes(world->table));
	world->linux_scheme = linux_scheme_new(&world->platform, BASE, bytes / UNIT, UNIT, guard);
	config.table = world->table;
	config.claims = world->claims;
	config.platform = &world->platform;
	if (cvm_acceptor_init(&world->acceptor, &config))
		abort();
	world_fill(world, true);
	return world;
}

void world_fill(struct world *world, bool unaccepted)
{
	uint64_t units = world->bytes / UNIT;

	for (uint64_t word = 0; word < world->table->size / 8; word++) {
		uint64_t left = units - word * 64;
		uint64_t bits = left < 64 ? ~(~UINT64_C(0) << left) : ~UINT64_C(0);

		world->table->bitmap[word] = unaccepted ? bits : 0;
	}
	cvm_acceptor_set_claims(&world->acceptor, world->claims);
	linux_scheme_fill(world->linux_scheme, unaccepted);
}

void world_set_runs(struct world *world, uint64_t bytes)
{
	struct cvm_acceptor_config config = world->acceptor.config;

	config.host = &host;
	config.run_bytes = bytes;
	if (cvm_acceptor_init(&world->acceptor, &config))
		abort();
}

void world_free(struct world *world)
{
	if (world->memory)
		munmap(world->memory, world->bytes);
	linux_scheme_free(world->linux_scheme);
	free(world->table);
	free(world->claims);
	free(world);
}
