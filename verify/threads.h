/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_THREADS_H
#define VERIFY_THREADS_H

#include <stdbool.h>

/* Threads of which one runs at a time, and that go on when they are told to. */

#define MAX_THREADS 4

/* Make thread `number`; each run starts run(number) anew. */
void threads_new(unsigned count, void (*run)(unsigned number));
void threads_restart(void);
/* Let it go on to its next point, or its end. */
void threads_step(unsigned number);
bool threads_done(unsigned number);
/* By the thread that runs: stand still here. */
void threads_stop(void);

#endif
