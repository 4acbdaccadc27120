/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cvmem/pages.h>
#include <cvmem/reserve.h>

#include "bench.h"
#include "memory.h"

/*
 * What is accepted before anything is configured: CPUs that make their first allocations, 16
 * pages each, while the reserve is kept. Linux accepts one block of 4 MiB at each allocation until
 * its watermarks are set.
 *
 * In turn: one page for each CPU, round and round, with the platform only counting; the same in
 * every run. At once: threads, and a platform that takes 1 ms for a unit.
 */

#define MEMORY	    (64 * GIB)
#define MAX_CPUS    256
#define ALLOCATIONS 16

static struct memory *memory;
static struct cvm_cache caches[MAX_CPUS];
static struct cvm_pages_source source;
static struct cvm_reserve reserve;
static pthread_barrier_t barrier;

static void begin(enum hook hook)
{
	struct cvm_reserve_config config = { .source = &source.source,
					     .policy = CVM_RESERVE_BACKGROUND };

	memory = memory_new(MEMORY, hook, MEMORY_UNACCEPTED);
	cvm_pages_source_init(&source, &memory->pages);
	if (cvm_reserve_init(&reserve, &config))
		abort();
	for (unsigned i = 0; i < MAX_CPUS; i++)
		cvm_cache_init(&caches[i], &memory->pages);
}

static void keep(void)
{
	const struct cvm_budget budget = { 0 };
	struct cvm_step step;

	cvm_reserve_step(&reserve, &budget, &step);
}

static void allocate(unsigned cpu)
{
	uint64_t gpa;

	if (cvm_cache_alloc(&caches[cpu], 0, &gpa))
		abort();
}

static void in_turn(unsigned cpus)
{
	begin(HOOK_COUNT);
	for (unsigned i = 0; i < ALLOCATIONS; i++) {
		keep();
		for (unsigned cpu = 0; cpu < cpus; cpu++)
			allocate(cpu);
	}
	SAMPLE(memory->world->counted * UNIT, "storm.turn.cvmem.%u", cpus);
	memory->world->counted = 0;
	for (uint64_t block = 0; block < (uint64_t)cpus * ALLOCATIONS; block++)
		linux_scheme_accept(memory->world->linux_scheme, BASE + block * 4 * MIB,
				    BASE + (block + 1) * 4 * MIB);
	SAMPLE(memory->world->counted * UNIT, "storm.turn.linux.%u", cpus);
	memory_free(memory);
}

static void *thread(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < ALLOCATIONS; i++)
		allocate(cpu);
	return NULL;
}

static void at_once(unsigned cpus)
{
	pthread_t threads[MAX_CPUS];

	begin(HOOK_SLEEP);
	pthread_barrier_init(&barrier, NULL, cpus + 1);
	for (unsigned i = 0; i < cpus; i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)(uintptr_t)i))
			abort();
	pthread_barrier_wait(&barrier);
	keep();
	for (unsigned i = 0; i < cpus; i++)
		pthread_join(threads[i], NULL);
	keep();
	SAMPLE(memory->world->counted * UNIT, "storm.once.cvmem.%u", cpus);
	pthread_barrier_destroy(&barrier);
	memory_free(memory);
}

int main(void)
{
	for (unsigned cpus = 1; cpus <= MAX_CPUS; cpus *= 4) {
		in_turn(cpus);
		at_once(cpus);
	}
	return 0;
}
