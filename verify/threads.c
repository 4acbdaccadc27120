/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

#include "threads.h"

#define STACK (64u << 10)

/* The contexts are made once; after that _longjmp() is far faster, since it makes no system call.
 */
static struct thread {
	ucontext_t made;
	jmp_buf here;
	void *stack;
	bool begun, done;
} threads[MAX_THREADS];
static unsigned count, running;
static void (*run)(unsigned number);
static jmp_buf scheduler;

static void body(void)
{
	for (;;) {
		run(running);
		threads[running].done = true;
		threads_stop();
	}
}

static void make(struct thread *thread)
{
	if (getcontext(&thread->made))
		abort();
	if (!thread->stack)
		thread->stack = malloc(STACK);
	if (!thread->stack)
		abort();
	thread->made.uc_stack.ss_sp = thread->stack;
	thread->made.uc_stack.ss_size = STACK;
	thread->begun = false;
	makecontext(&thread->made, body, 0);
}

void threads_new(unsigned how_many, void (*what)(unsigned number))
{
	count = how_many;
	run = what;
	for (unsigned i = 0; i < count; i++)
		make(&threads[i]);
}

void threads_restart(void)
{
	for (unsigned i = 0; i < count; i++)
		threads[i].done = false;
}

void threads_step(unsigned number)
{
	struct thread *thread = &threads[number];

	running = number;
	if (_setjmp(scheduler))
		return;
	if (thread->begun)
		_longjmp(thread->here, 1);
	thread->begun = true;
	setcontext(&thread->made);
	abort();
}

bool threads_done(unsigned number)
{
	return threads[number].done;
}

void threads_stop(void)
{
	if (!_setjmp(threads[running].here))
		_longjmp(scheduler, 1);
}
