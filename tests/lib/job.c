/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>

#include "job.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Thread_local struct job *this_job;

void job_tell(enum job_state state)
{
	if (!this_job)
		return;
	pthread_mutex_lock(&lock);
	this_job->state = state;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void job_relax(void *ctx, enum cvm_wait what, uint64_t gpa)
{
	job_tell(JOB_WAITING);
	sched_yield();
}

static void *run(void *ctx)
{
	struct job *job = ctx;

	this_job = job;
	job->error = job->run(job);
	job_tell(JOB_RETURNED);
	return NULL;
}

void job_start(struct job *job)
{
	job->state = JOB_RUNNING;
	if (pthread_create(&job->thread, NULL, run, job))
		abort();
}

enum job_state job_settle(struct job *job)
{
	enum job_state state;

	pthread_mutex_lock(&lock);
	while (job->state == JOB_RUNNING)
		pthread_cond_wait(&changed, &lock);
	state = job->state;
	pthread_mutex_unlock(&lock);
	return state;
}

int job_join(struct job *job)
{
	pthread_join(job->thread, NULL);
	return job->error;
}
