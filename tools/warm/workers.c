/* SPDX-License-Identifier: MIT */
#include "tools/warm/workers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/warm/hold.h"

enum job { JOB_NONE, JOB_TAKE, JOB_GIVE, JOB_LEAVE };

/* A huge page; a smaller share would be small pages. */
static const uint64_t least_share = UINT64_C(2) << 20;

struct worker {
	struct workers *all;
	pthread_t thread;
	struct hold hold;
	uint64_t bytes; /* of the job */
	uint64_t taken;
	bool refused;
};

struct workers {
	enum hold_pages pages;
	pthread_mutex_t lock;
	pthread_cond_t wake, ready;
	unsigned count, busy;
	uint64_t round; /* each worker does a job once in a round */
	enum job job;
	unsigned node;
	uint64_t deadline_ns;
	uint64_t small; /* for the first alone */
	struct worker worker[];
};

static void work(struct worker *worker, enum job job)
{
	struct workers *all = worker->all;

	if (job == JOB_TAKE)
		worker->taken = hold_take(&worker->hold, all->pages, all->node, worker->bytes,
					  worker == all->worker ? all->small : 0, all->deadline_ns,
					  &worker->refused);
	else if (job == JOB_GIVE)
		hold_give(&worker->hold, worker->bytes);
	else
		hold_free(&worker->hold);
}

static void *run(void *arg)
{
	struct worker *worker = arg;
	struct workers *all = worker->all;
	enum job job = JOB_NONE;
	uint64_t round = 0;

	while (job != JOB_LEAVE) {
		pthread_mutex_lock(&all->lock);
		while (round == all->round)
			pthread_cond_wait(&all->wake, &all->lock);
		round = all->round;
		job = all->job;
		pthread_mutex_unlock(&all->lock);
		work(worker, job);
		pthread_mutex_lock(&all->lock);
		if (!--all->busy)
			pthread_cond_signal(&all->ready);
		pthread_mutex_unlock(&all->lock);
	}
	return NULL;
}

/* Gives all workers a job, and waits until it is done. */
static void order(struct workers *workers, enum job job)
{
	pthread_mutex_lock(&workers->lock);
	workers->job = job;
	workers->round++;
	workers->busy = workers->count;
	pthread_cond_broadcast(&workers->wake);
	while (workers->busy)
		pthread_cond_wait(&workers->ready, &workers->lock);
	pthread_mutex_unlock(&workers->lock);
}

struct workers *workers_start(unsigned count)
{
	struct workers *workers = calloc(1, sizeof(*workers) + count * sizeof(struct worker));
	int error = 0;

	if (!workers) {
		fputs("cvmem warm: out of memory\n", stderr);
		return NULL;
	}
	workers->pages = hold_pages_here();
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->wake, NULL);
	pthread_cond_init(&workers->ready, NULL);
	for (unsigned i = 0; i < count && !error; i++) {
		workers->worker[i].all = workers;
		error = pthread_create(&workers->worker[i].thread, NULL, run, &workers->worker[i]);
		workers->count += !error;
	}
	if (!error)
		return workers;
	fprintf(stderr, "cvmem warm: a thread: %s\n", strerror(error));
	workers_end(workers);
	return NULL;
}

uint64_t workers_take(struct workers *workers, unsigned node, uint64_t bytes, uint64_t small,
		      uint64_t deadline_ns, bool *refused)
{
	uint64_t shares = bytes / least_share, taken = 0;

	if (shares > workers->count)
		shares = workers->count;
	if (!shares)
		shares = 1;
	workers->node = node;
	workers->small = small;
	workers->deadline_ns = deadline_ns;
	for (unsigned i = 0; i < workers->count; i++) {
		workers->worker[i].bytes = i < shares ? bytes / shares : 0;
		workers->worker[i].refused = false;
	}
	order(workers, JOB_TAKE);
	for (unsigned i = 0; i < workers->count; i++) {
		taken += workers->worker[i].taken;
		*refused |= workers->worker[i].refused;
	}
	return taken;
}

void workers_give(struct workers *workers, uint64_t bytes)
{
	/* Workers hold different amounts: equal shares would give back too little. */
	for (unsigned i = 0; i < workers->count; i++) {
		uint64_t held = workers->worker[i].hold.bytes;

		workers->worker[i].bytes = held < bytes ? held : bytes;
		bytes -= workers->worker[i].bytes;
	}
	order(workers, JOB_GIVE);
}

uint64_t workers_held(const struct workers *workers)
{
	uint64_t held = 0;

	for (unsigned i = 0; i < workers->count; i++)
		held += workers->worker[i].hold.bytes;
	return held;
}

void workers_end(struct workers *workers)
{
	order(workers, JOB_LEAVE);
	for (unsigned i = 0; i < workers->count; i++)
		pthread_join(workers->worker[i].thread, NULL);
	pthread_cond_destroy(&workers->ready);
	pthread_cond_destroy(&workers->wake);
	pthread_mutex_destroy(&workers->lock);
	free(workers);
}
