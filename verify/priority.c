/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cvmem/accept.h>
#include <cvmem/hotplug.h>

#include "threads.h"
#include "yield.h"

/*
 * lib/accept.c and lib/hotplug.c under a scheduler of strict priorities, on one CPU: the low thread
 * accepts, or releases and adds memory; the high one wakes up at any point of that, needs some of
 * the same units, and runs until it is done, even if it yields. With the hooks around what is
 * claimed no unit is left claimed by the low thread then. Without them the high one waits for ever,
 * which this must find.
 */

#define UNIT   (UINT64_C(2) << 20)
#define BASE   (UINT64_C(1) << 32)
#define UNITS  4
#define LOW    0
#define HIGH   1
#define LOOKS  100 /* of a thread that waits; no other one runs in between */
#define POINTS 1000

static struct cvm_table *table;
static struct cvm_claim claims[1];
static struct cvm_acceptor acceptor;
static struct cvm_shared list[8];
static struct cvm_share share;
static unsigned masked, looks;
static bool running, hangs, hotplug;
static uint64_t first[2], last[2];

void schedule_point(void)
{
	if (running)
		threads_stop();
}

static void relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	looks++;
	threads_stop();
}

static unsigned long preempt_save(void *ctx)
{
	return masked++;
}

static void preempt_restore(void *ctx, unsigned long state)
{
	masked--;
	if (masked != state)
		abort();
	/* Here the scheduler may switch. */
	threads_stop();
}

static int platform_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	schedule_point();
	result->done = end - start;
	result->accepted[CVM_LEVEL_2M] = (end - start) / UNIT;
	schedule_point();
	return 0;
}

static int platform_convert(struct cvm_platform *unused, uint64_t start, uint64_t end,
			    uint64_t *done)
{
	*done = end - start;
	return 0;
}

static void platform_terminate(struct cvm_platform *unused, enum cvm_terminate_reason reason,
			       uint64_t gpa)
{
	abort();
}

static struct cvm_platform platform = {
	.name = "priority",
	.accept = platform_accept,
	.set_shared = platform_convert,
	.set_private = platform_convert,
	.terminate = platform_terminate,
};

static const struct cvm_host bare = { .relax = relax };
static const struct cvm_host hooked = {
	.relax = relax,
	.preempt_save = preempt_save,
	.preempt_restore = preempt_restore,
};

static uint64_t gpa(uint64_t unit)
{
	return BASE + unit * UNIT;
}

/* What is in use by then is refused. */
static void release_and_add(void)
{
	uint64_t start = gpa(first[LOW]), end = gpa(last[LOW]);

	cvm_memory_release(&share, start, end, NULL);
	cvm_memory_add(&share, start, end, NULL);
	/* What is accepted now is given to the host. */
	cvm_memory_release(&share, start, end, NULL);
	cvm_memory_add(&share, start, end, NULL);
}

static void call(unsigned number)
{
	if (hotplug && number == LOW) {
		release_and_add();
		return;
	}
	if (cvm_accept(&acceptor, gpa(first[number]), gpa(last[number]), CVM_CAUSE_FAULT))
		abort();
	/* With hotplug the low thread may add it by now. */
	if (!hotplug && cvm_is_unaccepted(&acceptor, gpa(first[number]), gpa(last[number])))
		abort();
}

static void begin(const struct cvm_host *host, uint64_t run_units)
{
	const struct cvm_acceptor_config config = { .table = table,
						    .claims = claims,
						    .platform = &platform,
						    .guard = !hotplug,
						    .host = host,
						    .run_bytes = run_units * UNIT };
	const struct cvm_share_config shares = { .acceptor = &acceptor,
						 .storage = list,
						 .capacity = sizeof(list) / sizeof(*list) };

	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = BASE;
	table->size = 1;
	table->bitmap[0] = (UINT64_C(1) << UNITS) - 1;
	if (cvm_acceptor_init(&acceptor, &config) || cvm_share_init(&share, &shares))
		abort();
	masked = looks = 0;
	hangs = false;
}

static void step(unsigned number)
{
	running = true;
	threads_step(number);
	running = false;
}

/* The high thread wakes up after `point` steps of the low one. False: that was done before. */
static bool run(const struct cvm_host *host, uint64_t run_units, unsigned point)
{
	unsigned taken = 0;

	begin(host, run_units);
	threads_restart();
	for (; (taken < point || masked) && !threads_done(LOW); taken++)
		step(LOW);
	if (threads_done(LOW))
		return false;
	while (!threads_done(HIGH) && !hangs) {
		step(HIGH);
		hangs = looks > LOOKS;
	}
	while (!threads_done(LOW))
		step(LOW);
	while (!threads_done(HIGH))
		step(HIGH);
	return true;
}

/* How many of all cases hang. */
static unsigned all_points(const struct cvm_host *host, unsigned *cases)
{
	unsigned hanging = 0;

	*cases = 0;
	for (unsigned n = 0; n < UNITS * UNITS * UNITS; n++) {
		first[LOW] = n % UNITS;
		last[LOW] = UNITS;
		first[HIGH] = n / UNITS % UNITS;
		last[HIGH] = first[HIGH] + 1;
		for (unsigned point = 0; point < POINTS; point++) {
			if (!run(host, UINT64_C(1) << n / UNITS / UNITS, point))
				break;
			++*cases;
			hanging += hangs;
		}
	}
	return hanging;
}

/* Hang some cases without the hooks, and none with them? */
static bool passes(const char *what)
{
	unsigned cases, hanging = all_points(&bare, &cases);

	printf("%s without hooks: %u of %u hang\n", what, hanging, cases);
	if (!hanging)
		return false;
	hanging = all_points(&hooked, &cases);
	printf("%s with hooks: %u of %u hang\n", what, hanging, cases);
	return cases && !hanging;
}

int main(void)
{
	bool passed;

	table = calloc(1, CVM_TABLE_HEADER + 8);
	if (!table)
		abort();
	threads_new(2, call);
	passed = passes("accepting");
	hotplug = true;
	passed = passes("hot-plug") && passed;
	free(table);
	return !passed;
}
