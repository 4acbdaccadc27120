/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cvmem/accept.h>

#include "threads.h"
#include "yield.h"

/*
 * lib/accept.c itself under schedules of our choice: another thread may go on at each atomic
 * operation, at the begin and the end of the platform's call, and while a thread waits.
 *
 * First every schedule of two threads and three units with at most BOUND preemptions (giving way
 * while waiting is none), for all pairs of ranges, each unit refused or none. Then random schedules
 * of three threads and four units, where some read the counters meanwhile. docs/claim.md has the
 * obligations that are checked.
 */

#define UNIT	   (UINT64_C(2) << 20)
#define BASE	   (UINT64_C(1) << 32)
#define BOUND	   4
#define RANDOM	   200000
#define MAX_POINTS 2000

static struct {
	unsigned threads, units;
	uint64_t first[MAX_THREADS], last[MAX_THREADS]; /* units: [first, last) */
	bool waits[MAX_THREADS];
	bool reads[MAX_THREADS]; /* the counters, and accepts nothing */
	uint64_t refused;	 /* a bit for each unit */
} scene;

static struct cvm_table *table; /* with one word of bitmap */
static struct cvm_claim claims[1];
static struct cvm_acceptor acceptor;
static uint64_t begun, accepted; /* what is true of the memory */
static bool relaxed[MAX_THREADS];
static unsigned current;

/* The schedule so far: of the threads that could go on, which one did. */
static struct choice {
	unsigned char taken, options;
} choices[MAX_POINTS];
static unsigned points;
static uint64_t schedules;

static void fail(const char *what)
{
	fprintf(stderr, "%s\nrefused 0x%" PRIx64, what, scene.refused);
	for (unsigned i = 0; i < scene.threads; i++)
		fprintf(stderr, "; thread %u: units [%" PRIu64 ", %" PRIu64 ")%s", i,
			scene.first[i], scene.last[i], scene.waits[i] ? "" : ", does not wait");
	fprintf(stderr, "\nchoices:");
	for (unsigned i = 0; i < points; i++)
		fprintf(stderr, " %u", choices[i].taken);
	fprintf(stderr, "\n");
	exit(1);
}

void schedule_point(void)
{
	threads_stop();
}

static void relax(void *ctx)
{
	relaxed[current] = true;
	threads_stop();
}

static int platform_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	uint64_t unit = (start - BASE) / UNIT, bit = UINT64_C(1) << unit;

	if (start != BASE + unit * UNIT || end != start + UNIT || unit >= scene.units)
		fail("the platform is called for what is no unit");
	if (begun & bit)
		fail("the platform is called twice for a unit");
	begun |= bit;
	threads_stop();
	if (scene.refused & bit) {
		result->where = start;
		result->where_bytes = 4096;
		return CVM_EREFUSED;
	}
	accepted |= bit;
	result->done = UNIT;
	result->accepted[CVM_LEVEL_2M] = 1;
	threads_stop();
	return 0;
}

static struct cvm_platform platform = { .name = "schedules", .accept = platform_accept };

/* Nobody accepts for the page allocator, whose units have no counter of their own. */
static void read_counters(void)
{
	struct cvm_accept_stats stats;

	cvm_accept_stats(&acceptor, &stats);
	if (stats.bytes[CVM_CAUSE_PAGES])
		fail("a unit is counted for somebody else");
}

static void call(unsigned number)
{
	uint64_t start = BASE + scene.first[number] * UNIT, end = BASE + scene.last[number] * UNIT;
	uint64_t need = ((UINT64_C(2) << scene.last[number]) - 1) &
			~((UINT64_C(1) << scene.first[number]) - 1) &
			((UINT64_C(1) << scene.units) - 1);
	int error;

	if (scene.reads[number]) {
		read_counters();
		return;
	}
	error = (scene.waits[number] ? cvm_accept : cvm_try_accept)(&acceptor, start, end,
								    CVM_CAUSE_FAULT);
	if (!error && need & (~accepted | table->bitmap[0]))
		fail("a call returns 0, and its memory is not accepted");
	if (error == CVM_EREFUSED && !(need & scene.refused))
		fail("a call says refused, and nothing is");
	if (error == CVM_EBUSY && scene.waits[number])
		fail("a call that waits says busy");
	if (error && error != CVM_EREFUSED && error != CVM_EBUSY)
		fail("a call returns an error that it cannot mean");
}

static void begin_scene(void)
{
	const struct cvm_accept_config config = { .table = table,
						  .claims = claims,
						  .platform = &platform,
						  .guard = true,
						  .relax = relax };

	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = 1;
	table->bitmap[0] = (UINT64_C(1) << scene.units) - 1;
	begun = 0;
	accepted = 0;
	memset(relaxed, 0, sizeof(relaxed));
	if (cvm_acceptor_init(&acceptor, &config))
		abort();
	threads_restart();
}

/* The threads that can go on, the one that ran last before the others. A thread that waits looks
 * again when another one has gone on. */
static unsigned able(unsigned *options)
{
	unsigned count = 0;

	for (unsigned i = 0; i < scene.threads; i++) {
		unsigned number = (current + i) % scene.threads;

		if (!threads_done(number) && !relaxed[number])
			options[count++] = number;
	}
	return count;
}

static bool all_done(void)
{
	for (unsigned i = 0; i < scene.threads; i++)
		if (!threads_done(i))
			return false;
	return true;
}

/* choose() gives an index into the options; preempted: not taking the first is a preemption. */
static void run_scene(unsigned (*choose)(unsigned count, bool preempts))
{
	unsigned looks = 0;

	begin_scene();
	current = 0;
	for (points = 0; !all_done(); points++) {
		unsigned options[MAX_THREADS], count = able(options), last = current;
		bool preempts = count && options[0] == last;

		if (!count) {
			/* What they wait for may have come between their last look and now. */
			if (looks++ == 2)
				fail("every thread waits");
			memset(relaxed, 0, sizeof(relaxed));
			count = able(options);
		}
		if (points == MAX_POINTS)
			fail("this does not end");
		current = options[choose(count, preempts)];
		threads_step(current);
		if (threads_done(current))
			looks = 0;
		/* What it did may be what the others wait for. */
		for (unsigned i = 0; i < scene.threads && !relaxed[current]; i++)
			relaxed[i] = false;
		if (~table->bitmap[0] & ~accepted & ((UINT64_C(1) << scene.units) - 1))
			fail("a bit is clear, and the unit is not accepted");
	}
	if (accepted & table->bitmap[0])
		fail("a unit is accepted, and its bit is set for ever");
	schedules++;
}

static unsigned depth, preemptions;

/* As recorded as far as the record goes, then always the first. */
static unsigned choose_next(unsigned count, bool preempts)
{
	struct choice *choice = &choices[points];

	if (!points)
		preemptions = 0;
	if (points >= depth) {
		choice->taken = 0;
		depth = points + 1;
	}
	choice->options = preempts && preemptions == BOUND ? 1 : (unsigned char)count;
	preemptions += preempts && choice->taken;
	return choice->taken;
}

static void every_schedule(void)
{
	depth = 0;
	do {
		run_scene(choose_next);
		while (depth && choices[depth - 1].taken + 1 >= choices[depth - 1].options)
			depth--;
		if (depth)
			choices[depth - 1].taken++;
	} while (depth);
}

static uint64_t seed = 1;

static unsigned below(unsigned limit)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % limit;
}

static unsigned choose_any(unsigned count, bool preempts)
{
	choices[points].taken = (unsigned char)below(count);
	return choices[points].taken;
}

static void all_pairs(void)
{
	scene.threads = 2;
	scene.units = 3;
	scene.waits[0] = true;
	/* Three units have six ranges, or seven with one that nobody asks for. */
	for (unsigned n = 0; n < 6 * 6 * 2 * 4; n++) {
		static const unsigned char first[] = { 0, 0, 0, 1, 1, 2 };
		static const unsigned char last[] = { 1, 2, 3, 2, 3, 3 };

		scene.first[0] = first[n % 6];
		scene.last[0] = last[n % 6];
		scene.first[1] = first[n / 6 % 6];
		scene.last[1] = last[n / 6 % 6];
		scene.waits[1] = n / 36 % 2;
		scene.refused = n / 72 ? UINT64_C(1) << (n / 72 - 1) : 0;
		every_schedule();
	}
}

static void at_random(void)
{
	scene.threads = 3;
	scene.units = 4;
	for (unsigned n = 0; n < RANDOM; n++) {
		for (unsigned i = 0; i < scene.threads; i++) {
			scene.first[i] = below(scene.units);
			scene.last[i] =
				scene.first[i] + 1 + below(scene.units - (unsigned)scene.first[i]);
			scene.waits[i] = below(4);
			scene.reads[i] = !below(8);
		}
		scene.refused = below(3) ? 0 : below(1u << scene.units);
		run_scene(choose_any);
	}
}

int main(void)
{
	table = calloc(1, CVM_TABLE_HEADER + 8);
	if (!table)
		abort();
	threads_new(2, call);
	all_pairs();
	printf("%" PRIu64 " schedules of two threads, all with at most %d preemptions\n", schedules,
	       BOUND);
	schedules = 0;
	threads_new(3, call);
	at_random();
	printf("%" PRIu64 " random schedules of three threads\n", schedules);
	free(table);
	return 0;
}
