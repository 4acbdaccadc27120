/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "bench.h"
#include "world.h"

/*
 * Many threads accept the same memory, block by block: how much faster than one thread, and how
 * long the slowest call takes.
 *
 * usage: parallel sleep|zero
 *        parallel count cvmem|linux THREADS N    N times 256 blocks in list order and nothing else,
 *                                                for a counter of instructions
 */

#define BLOCKS	    256
#define MAX_THREADS 32

/* In list order the threads take the next block each, so that their blocks are neighbours;
 * disjoint, each has a part of the memory for itself. */
enum order { LIST, DISJOINT };

static const char *const orders[] = { "list", "disjoint" };

struct run {
	struct world *world;
	bool linux_scheme;
	enum order order;
	uint64_t block; /* bytes */
	unsigned threads, blocks;
	unsigned next; /* block, in list order */
	pthread_barrier_t begin;
};

struct thread {
	pthread_t thread;
	struct run *run;
	unsigned number;
	uint64_t begun, ended, worst;
};

static void accept_block(struct thread *thread, unsigned block)
{
	struct run *run = thread->run;
	uint64_t start = BASE + block * run->block, end = start + run->block;
	uint64_t begun = now_ns(), took;

	if (run->linux_scheme)
		linux_scheme_accept(run->world->linux_scheme, start, end);
	else if (cvm_accept(&run->world->acceptor, start, end, CVM_CAUSE_PAGES))
		abort();
	took = now_ns() - begun;
	if (took > thread->worst)
		thread->worst = took;
}

static void *work(void *arg)
{
	struct thread *thread = arg;
	struct run *run = thread->run;
	unsigned from = thread->number * run->blocks / run->threads;
	unsigned to = (thread->number + 1) * run->blocks / run->threads;

	/* A sleep ends when it should, not up to 50 us later. */
	prctl(PR_SET_TIMERSLACK, 1);
	pthread_barrier_wait(&run->begin);
	thread->begun = now_ns();
	if (run->order == LIST)
		while ((from = __atomic_fetch_add(&run->next, 1, __ATOMIC_RELAXED)) < run->blocks)
			accept_block(thread, from);
	else
		for (; from < to; from++)
			accept_block(thread, from);
	thread->ended = now_ns();
	return NULL;
}

/* From the first thread's first call to the last one's end; *worst: of all calls. */
static uint64_t measure(struct run *run, uint64_t *worst)
{
	struct thread threads[MAX_THREADS];
	uint64_t begun = UINT64_MAX, ended = 0;

	world_fill(run->world, true);
	run->next = 0;
	*worst = 0;
	pthread_barrier_init(&run->begin, NULL, run->threads);
	for (unsigned i = 0; i < run->threads; i++) {
		threads[i] = (struct thread){ .run = run, .number = i };
		if (pthread_create(&threads[i].thread, NULL, work, &threads[i]))
			abort();
	}
	for (unsigned i = 0; i < run->threads; i++) {
		struct thread *thread = &threads[i];

		pthread_join(thread->thread, NULL);
		begun = thread->begun < begun ? thread->begun : begun;
		ended = thread->ended > ended ? thread->ended : ended;
		*worst = thread->worst > *worst ? thread->worst : *worst;
	}
	pthread_barrier_destroy(&run->begin);
	if (cvm_unaccepted_bytes(&run->world->acceptor) !=
	    (run->linux_scheme ? run->world->bytes : 0))
		abort();
	return ended - begun;
}

static void sample(struct run *run, const char *name, unsigned threads)
{
	uint64_t worst, took;

	run->threads = threads;
	took = measure(run, &worst);
	SAMPLE((double)took / 1e6, "%s.%s.%u.took_ms", name, orders[run->order], threads);
	SAMPLE((double)worst / 1e6, "%s.%s.%u.worst_ms", name, orders[run->order], threads);
}

/* One thread before all others and after them: what else the machine does concerns both. */
static void scale(struct run run, const char *name)
{
	for (unsigned threads = 1; threads <= MAX_THREADS; threads *= 2)
		sample(&run, name, threads);
	sample(&run, name, 1);
}

/* All measurements with one size of blocks, in units. */
static void measure_all(enum hook hook, unsigned units, bool guard)
{
	struct run run = { .block = units * UNIT, .blocks = BLOCKS };
	char name[64];

	run.world = world_new(BLOCKS * run.block, hook, guard);
	for (run.order = LIST; run.order <= DISJOINT; run.order++) {
		for (int scheme = 0; scheme < 2; scheme++) {
			run.linux_scheme = scheme;
			snprintf(name, sizeof(name), "%s.%s.%u.%s",
				 hook == HOOK_SLEEP ? "sleep" : "zero", scheme ? "linux" : "cvmem",
				 units, guard ? "guard" : "bare");
			scale(run, name);
		}
	}
	world_free(run.world);
}

/* The platform's call costs next to nothing, so that what is counted is the scheme's. */
static int count(const char *scheme, unsigned threads, unsigned n)
{
	struct run run = { .block = 2 * UNIT, .blocks = n * BLOCKS, .threads = threads };
	uint64_t worst;

	run.linux_scheme = !strcmp(scheme, "linux");
	if (!threads || threads > MAX_THREADS || !n ||
	    (!run.linux_scheme && strcmp(scheme, "cvmem")))
		return 2;
	run.world = world_new(run.blocks * run.block, HOOK_SLEEP, true);
	run.world->unit_ns = 0;
	measure(&run, &worst);
	world_free(run.world);
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc == 2 && !strcmp(argv[1], "sleep")) {
		measure_all(HOOK_SLEEP, 2, true);
		measure_all(HOOK_SLEEP, 1, true);
		measure_all(HOOK_SLEEP, 1, false);
	} else if (argc == 2 && !strcmp(argv[1], "zero")) {
		measure_all(HOOK_ZERO, 2, true);
	} else {
		status = argc == 5 && !strcmp(argv[1], "count")
				 ? count(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]))
				 : 2;
	}
	if (status)
		fprintf(stderr, "usage: parallel sleep|zero\n       parallel count cvmem|linux "
				"THREADS N\n");
	return status;
}
