/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_EXPLORE_H
#define VERIFY_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#include "threads.h"

/*
 * Runs a scene, which is a few threads over code compiled with yield.h, under schedules of our
 * choice: another thread may go on at each schedule_point(). Memory is sequentially consistent:
 * what an order of memory allows beyond that is not explored.
 */

struct scene {
	unsigned threads;
	void (*begin)(void);		 /* before each run */
	void (*thread)(unsigned number); /* what a thread does */
	void (*stepped)(void);		 /* after each step of a thread, or NULL */
	void (*ended)(void);		 /* when all threads are done, or NULL */
	void (*describe)(void);		 /* prints, on stderr, what explore_fail() is about */
};

/* Every schedule with at most `bound` preemptions; giving way while waiting is none. */
void explore_all(const struct scene *scene, unsigned bound);

/* One schedule at random. */
void explore_any(const struct scene *scene);

/* A random number below the limit, for scenes. */
unsigned explore_below(unsigned limit);

/* How many schedules there were since this was last asked for. */
uint64_t explore_schedules(void);

/* The number of the thread that runs. */
unsigned explore_thread(void);

/* By the thread that runs, which waits: another one must go on before it looks again. */
void explore_relax(void);

/* What is wrong, with the scene and the schedule that leads to it. */
_Noreturn void explore_fail(const char *what);

#endif
