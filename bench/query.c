/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "world.h"

/*
 * What a question to the table costs, and a call that accepts when the platform costs nothing.
 *
 * usage: query                 times: nanoseconds for one call
 *        query count WHAT N    does WHAT N times and nothing else, for a counter of instructions
 */

#define MEMORY (4 * TIB)

enum content { CLEAN, FIRST_SET, LAST_SET };

static const char *const contents[] = { "clean", "first", "last" };

/* calls: in one chunk, of about a millisecond; Linux's scheme takes many times longer. */
static const struct {
	const char *name;
	uint64_t bytes;
	unsigned calls, linux_calls;
} sizes[] = {
	{ "4K", 4 * KIB, 50000, 50000 },
	{ "4M", 4 * MIB, 50000, 50000 },
	{ "64G", 64 * GIB, 10000, 40 },
	{ "4T", 4 * TIB, 200, 1 },
};

#define CHUNKS 24

static void prepare(struct world *world, uint64_t bytes, enum content content)
{
	uint64_t gpa = content == FIRST_SET ? BASE : BASE + bytes - 1;

	world_fill(world, false);
	if (content == CLEAN)
		return;
	world->table->bitmap[(gpa - BASE) / UNIT / 64] |= UINT64_C(1) << (gpa - BASE) / UNIT % 64;
	linux_scheme_set(world->linux_scheme, gpa);
}

static unsigned ask_cvmem(struct world *world, uint64_t bytes, unsigned calls)
{
	unsigned found = 0;

	for (unsigned i = 0; i < calls; i++)
		found += cvm_is_unaccepted(&world->acceptor, BASE, BASE + bytes);
	return found;
}

static unsigned ask_linux(struct world *world, uint64_t bytes, unsigned calls)
{
	unsigned found = 0;

	for (unsigned i = 0; i < calls; i++)
		found += linux_scheme_unaccepted(world->linux_scheme, BASE, BASE + bytes);
	return found;
}

/* Nanoseconds for one call, in the fastest of some chunks: the slower ones were disturbed. */
static double least(struct world *world, unsigned (*ask)(struct world *, uint64_t, unsigned),
		    uint64_t bytes, unsigned calls, bool expected)
{
	double least = 1e18;

	for (unsigned i = 0; i < CHUNKS; i++) {
		uint64_t start = cpu_ns();
		double took;

		if (ask(world, bytes, calls) != calls * expected)
			abort();
		took = (double)(cpu_ns() - start) / calls;
		least = took < least ? took : least;
	}
	return least;
}

static void queries(struct world *world)
{
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (enum content content = CLEAN; content <= LAST_SET; content++) {
			bool found = content != CLEAN;

			prepare(world, sizes[i].bytes, content);
			SAMPLE(least(world, ask_cvmem, sizes[i].bytes, sizes[i].calls, found),
			       "query.cvmem.%s.%s", sizes[i].name, contents[content]);
			SAMPLE(least(world, ask_linux, sizes[i].bytes, sizes[i].linux_calls, found),
			       "query.linux.%s.%s", sizes[i].name, contents[content]);
		}
	}
}

static void accept_cvmem(struct world *world, uint64_t start, uint64_t end, uint64_t step)
{
	for (; start < end; start += step)
		if (cvm_accept(&world->acceptor, start, start + step, CVM_CAUSE_PAGES))
			abort();
}

static void accept_other(struct world *world, uint64_t start, uint64_t end, uint64_t step)
{
	for (; start < end; start += step)
		if (cvm_accept(&world->acceptor, start, start + step, CVM_CAUSE_BACKGROUND))
			abort();
}

static void accept_linux(struct world *world, uint64_t start, uint64_t end, uint64_t step)
{
	for (; start < end; start += step)
		linux_scheme_accept(world->linux_scheme, start, start + step);
}

/* All memory, in ascending order, by calls of `step` bytes: nanoseconds for one. */
static double accept_all(struct world *world,
			 void (*accept)(struct world *, uint64_t, uint64_t, uint64_t),
			 uint64_t step)
{
	uint64_t chunk = step > MEMORY / 64 ? step : MEMORY / 64;
	double least = 1e18;

	for (uint64_t gpa = BASE; gpa < BASE + MEMORY; gpa += chunk) {
		uint64_t start = cpu_ns();
		double took;

		accept(world, gpa, gpa + chunk, step);
		took = (double)(cpu_ns() - start) / (double)(chunk / step);
		least = took < least ? took : least;
	}
	return least;
}

static void accepts(struct world *world, const char *name, uint64_t step, bool unaccepted)
{
	uint64_t counted = world->counted;

	world_fill(world, unaccepted);
	SAMPLE(accept_all(world, accept_cvmem, step), "accept.cvmem.%s", name);
	SAMPLE(accept_all(world, accept_linux, step), "accept.linux.%s", name);
	world_fill(world, unaccepted);
	SAMPLE(accept_all(world, accept_other, step), "accept.other.%s", name);
	if (world->counted - counted != (unaccepted ? 3 * MEMORY / UNIT : 0))
		abort();
}

/* All memory by one call: nanoseconds, in the fastest of some; and the platform's calls in it. */
static void accept_at_once(struct world *world, const char *name,
			   void (*accept)(struct world *, uint64_t, uint64_t, uint64_t),
			   uint64_t run_bytes)
{
	double least = 1e18;

	world_set_runs(world, run_bytes);
	for (unsigned i = 0; i < CHUNKS; i++) {
		double took;

		world_fill(world, true);
		world->calls = 0;
		took = accept_all(world, accept, MEMORY);
		least = took < least ? took : least;
	}
	SAMPLE(least, "accept.%s.4T", name);
	SAMPLE(world->calls, "calls.%s.4T", name);
	world_set_runs(world, 0);
}

/* The floor for what claims and publishes with atomic operations. */
static void atomics(void)
{
	uint64_t word = 0, calls = 100000;
	double least = 1e18;

	for (unsigned i = 0; i < CHUNKS; i++) {
		uint64_t start = cpu_ns();
		double took;

		for (uint64_t n = 0; n < calls; n++)
			__atomic_fetch_add(&word, 1, __ATOMIC_ACQ_REL);
		took = (double)(cpu_ns() - start) / (double)calls;
		least = took < least ? took : least;
	}
	SAMPLE(least, "atomic");
	if (word != CHUNKS * calls)
		abort();
}

static int count(struct world *world, const char *what, unsigned n)
{
	if (!strcmp(what, "query-4M")) {
		prepare(world, 4 * MIB, CLEAN);
		return ask_cvmem(world, 4 * MIB, n) != 0;
	}
	if (!strcmp(what, "query-4T")) {
		prepare(world, 4 * TIB, CLEAN);
		return ask_cvmem(world, 4 * TIB, n) != 0;
	}
	if (!strcmp(what, "query-linux-4M")) {
		prepare(world, 4 * MIB, CLEAN);
		return ask_linux(world, 4 * MIB, n) != 0;
	}
	if (!strcmp(what, "accept-done-4M")) {
		world_fill(world, false);
		accept_cvmem(world, BASE, BASE + n * 4 * MIB, 4 * MIB);
		return 0;
	}
	if (!strcmp(what, "accept-4M")) {
		accept_cvmem(world, BASE, BASE + n * 4 * MIB, 4 * MIB);
		return 0;
	}
	if (!strcmp(what, "accept-linux-4M")) {
		accept_linux(world, BASE, BASE + n * 4 * MIB, 4 * MIB);
		return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct world *world = world_new(MEMORY, HOOK_COUNT, true);
	int status = 0;

	if (argc == 4 && !strcmp(argv[1], "count")) {
		status = count(world, argv[2], (unsigned)atoi(argv[3]));
	} else {
		queries(world);
		accepts(world, "2M", 2 * MIB, true);
		accepts(world, "4M", 4 * MIB, true);
		accepts(world, "4M.done", 4 * MIB, false);
		accept_at_once(world, "linux", accept_linux, 0);
		accept_at_once(world, "cvmem", accept_cvmem, 0);
		accept_at_once(world, "cvmem.1G", accept_cvmem, GIB);
		accept_at_once(world, "cvmem.all", accept_cvmem, UINT64_MAX);
		atomics();
	}
	world_free(world);
	return status;
}
