/* SPDX-License-Identifier: MIT */
#include "tools/populate/measure.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/common/commands.h"
#include "tools/populate/test_vm.h"

struct thread {
	pthread_t id;
	struct cvm_vmm_job *job;
	pthread_barrier_t *barrier;
	int vcpu_fd, error;
	unsigned number;
	double seconds;
	uint64_t (*count)(void);
	uint64_t instructions;
};

static double thread_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The count is the processor's. */
static void stay_on(unsigned processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *work(void *arg)
{
	struct thread *thread = arg;
	struct cvm_vmm_worker worker = { .vcpu_fd = thread->vcpu_fd, .node = CVM_VMM_ANY_NODE };

	if (thread->count)
		stay_on(thread->number);
	pthread_barrier_wait(thread->barrier);
	thread->seconds = -thread_seconds();
	thread->instructions = thread->count ? -thread->count() : 0;
	thread->error = cvm_vmm_job_run(thread->job, &worker);
	thread->instructions += thread->count ? thread->count() : 0;
	thread->seconds += thread_seconds();
	return NULL;
}

/* All threads exist before the first call: making one waits for the lock that population holds. */
int workers_run(struct cvm_vmm_job *job, const int *vcpu_fd, uint64_t (*instructions)(void),
		struct row *row)
{
	struct thread thread[POPULATE_MAX_VCPUS];
	pthread_barrier_t barrier;
	unsigned started = 0;
	double began;
	int error = 0;

	pthread_barrier_init(&barrier, NULL, row->workers + 1);
	for (; started < row->workers; started++) {
		thread[started] = (struct thread){ .job = job,
						   .barrier = &barrier,
						   .vcpu_fd = vcpu_fd[started],
						   .number = started,
						   .count = instructions };
		/* The threads before it wait for all: they end with the program. */
		if (pthread_create(&thread[started].id, NULL, work, &thread[started])) {
			fputs("cvmem populate: the system has no room for another thread\n",
			      stderr);
			exit(CMD_FAILED);
		}
	}
	began = seconds_now();
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < started; i++) {
		pthread_join(thread[i].id, NULL);
		if (thread[i].seconds > row->busiest_seconds)
			row->busiest_seconds = thread[i].seconds;
		if (thread[i].instructions > row->busiest_instructions)
			row->busiest_instructions = thread[i].instructions;
		if (thread[i].error && (!error || error == CVM_VMM_ECANCELED))
			error = thread[i].error;
	}
	row->populate_seconds = seconds_now() - began;
	pthread_barrier_destroy(&barrier);
	return error;
}
