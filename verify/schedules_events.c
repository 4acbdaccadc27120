/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cvmem/accept.h>

#include "explore.h"
#include "yield.h"

/*
 * lib/events.c itself under every schedule of writers and a reader with few preemptions. A reader
 * never gets half an event, nor one twice, nor one before an earlier one; where the ring has room
 * for all events and their writers are done, it gets each.
 *
 * Most rings are smaller than what is written to them, so that a slot is written to again while a
 * reader copies it, and while its earlier writer has not finished.
 */

#define MAX_SLOTS 4

static struct {
	uint64_t slots;
	unsigned writers; /* the last thread reads */
	unsigned rounds;  /* events that each writer adds */
	unsigned reads;	  /* attempts of the reader */
} work;

static struct scene scene;
static struct cvm_event storage[MAX_SLOTS];
static struct cvm_events events;
static uint64_t next; /* the reader's */
static unsigned long long seen;
static uint64_t read_back, not_yet;

static void write_events(unsigned number)
{
	for (unsigned round = 0; round < work.rounds; round++) {
		/* Every field is made of the mark: which writer's event it is, and which one. */
		uint64_t mark = 1 + number * work.rounds + round;
		const struct cvm_event event = { .time = mark,
						 .duration = mark,
						 .start = mark,
						 .end = mark,
						 .cpu = (uint32_t)mark,
						 .cause = (uint8_t)mark,
						 .level = (uint8_t)mark };

		cvm_events_add(&events, &event);
	}
}

/* Whether there was an event; it must be a whole one, and new. */
static bool read_one(void)
{
	uint64_t before = next;
	struct cvm_event event;
	uint64_t mark;

	if (!cvm_events_next(&events, &next, &event))
		return false;
	mark = event.time;
	if (event.duration != mark || event.start != mark || event.end != mark ||
	    event.cpu != mark || event.cause != mark || event.level != mark)
		explore_fail("half an event");
	if (mark < 1 || mark > work.writers * work.rounds)
		explore_fail("an event that no thread has written");
	if (seen >> mark & 1)
		explore_fail("an event twice");
	seen |= 1ull << mark;
	if (event.sequence < before || next != event.sequence + 1)
		explore_fail("an event out of its order");
	read_back++;
	return true;
}

static void thread(unsigned number)
{
	if (number < work.writers) {
		write_events(number);
		return;
	}
	for (unsigned i = 0; i < work.reads; i++)
		not_yet += !read_one();
}

static void begin(void)
{
	if (cvm_events_init(&events, storage, work.slots * sizeof(storage[0])))
		abort();
	next = 1;
	seen = 0;
}

static void ended(void)
{
	unsigned all = work.writers * work.rounds;

	while (read_one())
		;
	if (all <= work.slots && seen != ((1ull << all) - 1) << 1)
		explore_fail("an event is missing, and the ring has room for all");
}

static void describe(void)
{
	fprintf(stderr, "%" PRIu64 " slots, %u writers of %u events, %u reads", work.slots,
		work.writers, work.rounds, work.reads);
}

static struct scene scene = {
	.begin = begin,
	.thread = thread,
	.ended = ended,
	.describe = describe,
};

static void explore(uint64_t slots, unsigned writers, unsigned rounds, unsigned reads,
		    unsigned bound)
{
	work.slots = slots;
	work.writers = writers;
	work.rounds = rounds;
	work.reads = reads;
	scene.threads = writers + 1;
	read_back = not_yet = 0;
	explore_all(&scene, bound);
	describe();
	fprintf(stderr,
		": %" PRIu64 " schedules, all with at most %u preemptions; "
		"%" PRIu64 " events read, %" PRIu64 " not yet there\n",
		explore_schedules(), bound, read_back, not_yet);
}

int main(void)
{
	explore(1, 1, 2, 2, 6);
	explore(1, 1, 3, 2, 5);
	explore(2, 1, 2, 2, 5);
	explore(2, 1, 3, 3, 4);
	explore(1, 2, 1, 2, 4);
	explore(2, 2, 1, 2, 4);
	explore(2, 2, 2, 2, 3);
	explore(1, 3, 1, 2, 3);
	return 0;
}
