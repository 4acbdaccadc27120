/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cvmem/accept.h>

#include "explore.h"
#include "yield.h"

/*
 * lib/accept.c and its neighbours under schedules of our choice: another thread may go on at each
 * atomic operation, at the begin and the end of the platform's call and at each unit in it, and
 * while a thread waits.
 *
 * First every schedule of two threads and three units with few preemptions (giving way while
 * waiting is none), for all pairs of ranges, each unit refused or none, in runs of one unit and of
 * all. Then the same for whole words of the table. Then random schedules of three threads and four
 * units, where some read the counters meanwhile. docs/claim.md has the obligations that are
 * checked.
 *
 * Here a unit is what the test chooses: the units of the table are few, or many that are next to
 * each other count as one.
 */

#define UNIT   (UINT64_C(2) << 20)
#define BASE   (UINT64_C(1) << 32)
#define RANDOM 200000
#define WORDS  4

static struct {
	unsigned units;
	unsigned size; /* of one, in units of the table */
	uint64_t run;  /* the longest run, in units of the table; 0: the default */
	uint64_t first[MAX_THREADS], last[MAX_THREADS]; /* units: [first, last) */
	bool waits[MAX_THREADS];
	bool reads[MAX_THREADS]; /* the counters, and accepts nothing */
	uint64_t refused;	 /* a bit for each unit */
} calls;

static struct cvm_table *table;
static struct cvm_claim claims[1];
static struct cvm_acceptor acceptor;
/* What is true of the memory, by units of the table. */
static uint64_t calling[WORDS], touched[WORDS], accepted[WORDS];
static struct scene scene;

static bool get(const uint64_t *bits, uint64_t bit)
{
	return bits[bit / 64] >> bit % 64 & 1;
}

static void set(uint64_t *bits, uint64_t bit)
{
	bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void clear(uint64_t *bits, uint64_t bit)
{
	bits[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

static bool is_refused(uint64_t bit)
{
	/* The first of those that count as one. */
	return bit % calls.size == 0 && calls.refused >> bit / calls.size & 1;
}

/* What a thread needs, in units of the table, with the guard. */
static bool needs(unsigned thread, uint64_t bit)
{
	return bit >= calls.first[thread] * calls.size && bit <= calls.last[thread] * calls.size &&
	       bit < calls.units * calls.size;
}

static void describe(void)
{
	fprintf(stderr, "units of %u, runs of %" PRIu64 ", refused 0x%" PRIx64, calls.size,
		calls.run, calls.refused);
	for (unsigned i = 0; i < scene.threads; i++)
		fprintf(stderr, "; thread %u: units [%" PRIu64 ", %" PRIu64 ")%s", i,
			calls.first[i], calls.last[i], calls.waits[i] ? "" : ", does not wait");
}

static uint64_t waited_for_settled[MAX_THREADS]; /* the unit's number and 1; 0: none */

static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	unsigned thread = explore_thread();
	uint64_t bit = (gpa - BASE) / UNIT;
	bool settled = !get(table->bitmap, bit) || get(claims[0].failed, bit);

	if (what != CVM_WAIT_UNIT || !needs(thread, bit))
		explore_fail("a call waits for what it does not need");
	/* It may have been settled between the look and this, once for each unit. */
	if (settled && waited_for_settled[thread] == bit + 1)
		explore_fail("a call waits for a unit that is settled");
	waited_for_settled[thread] = settled ? bit + 1 : 0;
	explore_relax();
}

static int platform_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	uint64_t first = (start - BASE) / UNIT, last = (end - BASE) / UNIT, bit;
	unsigned thread = explore_thread();

	if (start != BASE + first * UNIT || end != BASE + last * UNIT || first >= last ||
	    !needs(thread, first) || !needs(thread, last - 1))
		explore_fail("the platform is called for what the caller does not need");
	if (calls.run && last - first > calls.run + (calls.run > 1))
		explore_fail("a run is longer than allowed");
	for (bit = first; bit < last; bit++) {
		if (get(calling, bit) || get(touched, bit))
			explore_fail("the platform is called twice for a unit");
		set(calling, bit);
	}
	schedule_point();
	for (bit = first; bit < last && !is_refused(bit); bit++) {
		set(touched, bit);
		set(accepted, bit);
		result->done += UNIT;
		result->accepted[CVM_LEVEL_2M]++;
		if (calls.size == 1)
			schedule_point();
	}
	if (bit < last) {
		set(touched, bit);
		result->where = BASE + bit * UNIT;
		result->where_bytes = 4096;
	}
	schedule_point();
	for (uint64_t i = first; i < last; i++)
		clear(calling, i);
	return bit < last ? CVM_EIO : 0;
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
	uint64_t unit = calls.size * UNIT;
	uint64_t start = BASE + calls.first[number] * unit, end = BASE + calls.last[number] * unit;
	bool refused = false;
	int error;

	if (calls.reads[number]) {
		read_counters();
		return;
	}
	error = (calls.waits[number] ? cvm_accept : cvm_accept_nowait)(&acceptor, start, end,
								       CVM_CAUSE_FAULT);
	for (uint64_t bit = 0; bit < calls.units * calls.size; bit++) {
		if (!needs(number, bit))
			continue;
		if (!error && (!get(accepted, bit) || get(table->bitmap, bit)))
			explore_fail("a call returns 0, and its memory is not accepted");
		refused |= is_refused(bit);
	}
	if (error == CVM_EIO && !refused)
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
						    .host = &host,
						    .run_bytes = calls.run * UNIT };

	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = WORDS * 8;
	memset(table->bitmap, 0, WORDS * 8);
	for (uint64_t bit = 0; bit < calls.units * calls.size; bit++)
		set(table->bitmap, bit);
	memset(waited_for_settled, 0, sizeof(waited_for_settled));
	memset(calling, 0, sizeof(calling));
	memset(touched, 0, sizeof(touched));
	memset(accepted, 0, sizeof(accepted));
	if (cvm_acceptor_init(&acceptor, &config))
		abort();
}

static uint64_t unit_bits(unsigned word)
{
	uint64_t units = calls.units * calls.size;

	return units >= word * 64 + 64 ? ~UINT64_C(0)
	       : units <= word * 64    ? 0
				       : (UINT64_C(1) << units % 64) - 1;
}

static void stepped(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (~table->bitmap[i] & ~accepted[i] & unit_bits(i))
			explore_fail("a bit is clear, and the unit is not accepted");
}

static void ended(void)
{
	for (unsigned i = 0; i < WORDS; i++)
		if (accepted[i] & table->bitmap[i])
			explore_fail("a unit is accepted, and its bit is set for ever");
}

static struct scene scene = {
	.begin = begin,
	.thread = call,
	.stepped = stepped,
	.ended = ended,
	.describe = describe,
};

/* Three units have six ranges, or seven with one that no thread asks for. */
static void all_pairs(unsigned size, uint64_t run, unsigned bound)
{
	scene.threads = 2;
	calls.units = 3;
	calls.size = size;
	calls.run = run;
	calls.waits[0] = true;
	for (unsigned n = 0; n < 6 * 6 * 2 * 4; n++) {
		static const unsigned char first[] = { 0, 0, 0, 1, 1, 2 };
		static const unsigned char last[] = { 1, 2, 3, 2, 3, 3 };

		calls.first[0] = first[n % 6];
		calls.last[0] = last[n % 6];
		calls.first[1] = first[n / 6 % 6];
		calls.last[1] = last[n / 6 % 6];
		calls.waits[1] = n / 36 % 2;
		calls.refused = n / 72 ? UINT64_C(1) << (n / 72 - 1) : 0;
		explore_all(&scene, bound);
	}
	printf("%" PRIu64 " schedules of two threads, all with at most %u preemptions: units of "
	       "%u, runs of %" PRIu64 "\n",
	       explore_schedules(), bound, size, run);
}

static void at_random(void)
{
	static const unsigned char sizes[] = { 1, 1, 32, 64 };

	scene.threads = 3;
	calls.units = 4;
	for (unsigned n = 0; n < RANDOM; n++) {
		calls.size = sizes[explore_below(4)];
		calls.run = (uint64_t)calls.size << explore_below(4);
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
	printf("%" PRIu64 " random schedules of three threads\n", explore_schedules());
}

int main(void)
{
	table = calloc(1, CVM_TABLE_HEADER + WORDS * 8);
	if (!table)
		abort();
	all_pairs(1, 1, 3);
	all_pairs(1, 4, 4);
	/* Whole words, and words of which a range needs a half. */
	all_pairs(64, 0, 2);
	all_pairs(32, 0, 2);
	at_random();
	free(table);
	return 0;
}
