/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cvmem/accept.h>

#include "explore.h"
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

#define UNIT   (UINT64_C(2) << 20)
#define BASE   (UINT64_C(1) << 32)
#define BOUND  4
#define RANDOM 200000

static struct {
	unsigned units;
	uint64_t first[MAX_THREADS], last[MAX_THREADS]; /* units: [first, last) */
	bool waits[MAX_THREADS];
	bool reads[MAX_THREADS]; /* the counters, and accepts nothing */
	uint64_t refused;	 /* a bit for each unit */
} calls;

static struct cvm_table *table; /* with one word of bitmap */
static struct cvm_claim claims[1];
static struct cvm_acceptor acceptor;
static uint64_t begun, accepted; /* what is true of the memory */
static struct scene scene;

static void describe(void)
{
	fprintf(stderr, "refused 0x%" PRIx64, calls.refused);
	for (unsigned i = 0; i < scene.threads; i++)
		fprintf(stderr, "; thread %u: units [%" PRIu64 ", %" PRIu64 ")%s", i,
			calls.first[i], calls.last[i], calls.waits[i] ? "" : ", does not wait");
}

static void relax(void *ctx)
{
	explore_relax();
}

static int platform_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	uint64_t unit = (start - BASE) / UNIT, bit = UINT64_C(1) << unit;

	if (start != BASE + unit * UNIT || end != start + UNIT || unit >= calls.units)
		explore_fail("the platform is called for what is no unit");
	if (begun & bit)
		explore_fail("the platform is called twice for a unit");
	begun |= bit;
	schedule_point();
	if (calls.refused & bit) {
		result->where = start;
		result->where_bytes = 4096;
		return CVM_EIO;
	}
	accepted |= bit;
	result->done = UNIT;
	result->accepted[CVM_LEVEL_2M] = 1;
	schedule_point();
	return 0;
}

static void platform_terminate(struct cvm_platform *unused, enum cvm_terminate_reason reason,
			       uint64_t gpa)
{
	abort();
}

static struct cvm_platform platform = {
	.name = "schedules",
	.accept = platform_accept,
	.terminate = platform_terminate,
};

/* No thread accepts for the page allocator, whose units have no counter. */
static void read_counters(void)
{
	struct cvm_accept_stats stats;

	cvm_acceptor_get_stats(&acceptor, &stats);
	if (stats.bytes[CVM_CAUSE_PAGES])
		explore_fail("a unit is counted for another cause");
}

static void call(unsigned number)
{
	uint64_t start = BASE + calls.first[number] * UNIT, end = BASE + calls.last[number] * UNIT;
	uint64_t need = ((UINT64_C(2) << calls.last[number]) - 1) &
			~((UINT64_C(1) << calls.first[number]) - 1) &
			((UINT64_C(1) << calls.units) - 1);
	int error;

	if (calls.reads[number]) {
		read_counters();
		return;
	}
	error = (calls.waits[number] ? cvm_accept : cvm_accept_nowait)(&acceptor, start, end,
								       CVM_CAUSE_FAULT);
	if (!error && need & (~accepted | table->bitmap[0]))
		explore_fail("a call returns 0, and its memory is not accepted");
	if (error == CVM_EIO && !(need & calls.refused))
		explore_fail("a call reports a rejection, and there was none");
	if (error == CVM_EBUSY && calls.waits[number])
		explore_fail("a call that waits returns CVM_EBUSY");
	if (error && error != CVM_EIO && error != CVM_EBUSY)
		explore_fail("a call returns an error that it cannot mean");
}

static const struct cvm_host host = { .relax = relax };

static void begin(void)
{
	const struct cvm_acceptor_config config = { .table = table,
						    .claims = claims,
						    .platform = &platform,
						    .guard = true,
						    .host = &host };

	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = 1;
	table->bitmap[0] = (UINT64_C(1) << calls.units) - 1;
	begun = 0;
	accepted = 0;
	if (cvm_acceptor_init(&acceptor, &config))
		abort();
}

static void stepped(void)
{
	if (~table->bitmap[0] & ~accepted & ((UINT64_C(1) << calls.units) - 1))
		explore_fail("a bit is clear, and the unit is not accepted");
}

static void ended(void)
{
	if (accepted & table->bitmap[0])
		explore_fail("a unit is accepted, and its bit is set for ever");
}

static struct scene scene = {
	.begin = begin,
	.thread = call,
	.stepped = stepped,
	.ended = ended,
	.describe = describe,
};

static void all_pairs(void)
{
	scene.threads = 2;
	calls.units = 3;
	calls.waits[0] = true;
	/* Three units have six ranges, or seven with one that no thread asks for. */
	for (unsigned n = 0; n < 6 * 6 * 2 * 4; n++) {
		static const unsigned char first[] = { 0, 0, 0, 1, 1, 2 };
		static const unsigned char last[] = { 1, 2, 3, 2, 3, 3 };

		calls.first[0] = first[n % 6];
		calls.last[0] = last[n % 6];
		calls.first[1] = first[n / 6 % 6];
		calls.last[1] = last[n / 6 % 6];
		calls.waits[1] = n / 36 % 2;
		calls.refused = n / 72 ? UINT64_C(1) << (n / 72 - 1) : 0;
		explore_all(&scene, BOUND);
	}
}

static void at_random(void)
{
	scene.threads = 3;
	calls.units = 4;
	for (unsigned n = 0; n < RANDOM; n++) {
		for (unsigned i = 0; i < scene.threads; i++) {
			calls.first[i] = explore_below(calls.units);
			calls.last[i] = calls.first[i] + 1 +
					explore_below(calls.units - (unsigned)calls.first[i]);
			calls.waits[i] = explore_below(4);
			calls.reads[i] = !explore_below(8);
		}
		calls.refused = explore_below(3) ? 0 : explore_below(1u << calls.units);
		explore_any(&scene);
	}
}

int main(void)
{
	table = calloc(1, CVM_TABLE_HEADER + 8);
	if (!table)
		abort();
	all_pairs();
	printf("%" PRIu64 " schedules of two threads, all with at most %d preemptions\n",
	       explore_schedules(), BOUND);
	at_random();
	printf("%" PRIu64 " random schedules of three threads\n", explore_schedules());
	free(table);
	return 0;
}
