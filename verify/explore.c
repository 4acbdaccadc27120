/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "yield.h"

#define MAX_POINTS 2000

static const struct scene *scene;
static bool relaxed[MAX_THREADS];
static unsigned current;
static bool inside; /* of a thread, not of what a scene does between them */

/* The schedule so far: of the threads that could go on, which one did. */
static struct choice {
	unsigned char taken, options;
} choices[MAX_POINTS];
static unsigned points;
static uint64_t schedules;

_Noreturn void explore_fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	scene->describe();
	fprintf(stderr, "\nchoices:");
	for (unsigned i = 0; i < points; i++)
		fprintf(stderr, " %u", choices[i].taken);
	fprintf(stderr, "\n");
	exit(1);
}

void schedule_point(void)
{
	if (inside)
		threads_stop();
}

unsigned explore_thread(void)
{
	return current;
}

void explore_relax(void)
{
	relaxed[current] = true;
	threads_stop();
}

uint64_t explore_schedules(void)
{
	uint64_t count = schedules;

	schedules = 0;
	return count;
}

/* The threads that can go on, the one that ran last before the others. A thread that waits looks
 * again when another one has gone on. */
static unsigned able(unsigned *options)
{
	unsigned count = 0;

	for (unsigned i = 0; i < scene->threads; i++) {
		unsigned number = (current + i) % scene->threads;

		if (!threads_done(number) && !relaxed[number])
			options[count++] = number;
	}
	return count;
}

static bool all_done(void)
{
	for (unsigned i = 0; i < scene->threads; i++)
		if (!threads_done(i))
			return false;
	return true;
}

/* choose() gives an index into the options; preempts: not taking the first is a preemption. */
static void run(unsigned (*choose)(unsigned count, bool preempts))
{
	unsigned looks = 0;

	scene->begin();
	memset(relaxed, 0, sizeof(relaxed));
	threads_restart();
	current = 0;
	for (points = 0; !all_done(); points++) {
		unsigned options[MAX_THREADS], count = able(options), last = current;
		bool preempts = count && options[0] == last;

		if (!count) {
			/* What they wait for may have come between their last look and now. */
			if (looks++ == 2)
				explore_fail("every thread waits");
			memset(relaxed, 0, sizeof(relaxed));
			count = able(options);
		}
		if (points == MAX_POINTS)
			explore_fail("this does not end");
		current = options[choose(count, preempts)];
		inside = true;
		threads_step(current);
		inside = false;
		if (threads_done(current))
			looks = 0;
		/* What it did may be what the others wait for. */
		for (unsigned i = 0; i < scene->threads && !relaxed[current]; i++)
			relaxed[i] = false;
		if (scene->stepped)
			scene->stepped();
	}
	if (scene->ended)
		scene->ended();
	schedules++;
}

static unsigned depth, preemptions, bound;

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
	choice->options = preempts && preemptions == bound ? 1 : (unsigned char)count;
	preemptions += preempts && choice->taken;
	return choice->taken;
}

/* The threads' contexts are made once for each number of them. */
static void begin_scene(const struct scene *next)
{
	static unsigned threads;

	if (scene != next || threads != next->threads)
		threads_new(next->threads, next->thread);
	scene = next;
	threads = next->threads;
}

void explore_all(const struct scene *next, unsigned most)
{
	begin_scene(next);
	bound = most;
	depth = 0;
	do {
		run(choose_next);
		while (depth && choices[depth - 1].taken + 1 >= choices[depth - 1].options)
			depth--;
		if (depth)
			choices[depth - 1].taken++;
	} while (depth);
}

unsigned explore_below(unsigned limit)
{
	static uint64_t seed = 1;

	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % limit;
}

static unsigned choose_any(unsigned count, bool preempts)
{
	choices[points].taken = (unsigned char)explore_below(count);
	return choices[points].taken;
}

void explore_any(const struct scene *next)
{
	begin_scene(next);
	run(choose_any);
}
