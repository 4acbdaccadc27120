/* SPDX-License-Identifier: MIT */
#include "tools/populate/measure.h"

#include <pthread.h>
#include <time.h>

#include "tools/populate/test_vm.h"

struct thread {
	pthread_t id;
	struct cvm_vmm_job *job;
	pthread_barrier_t *barrier;
	int vcpu_fd, error;
	double seconds;
};

static double thread_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *work(void *arg)
{
	struct thread *thread = arg;
	struct cvm_vmm_worker worker = { .vcpu_fd = thread->vcpu_fd, .node = CVM_VMM_ANY_NODE };

	pthread_barrier_wait(thread->barrier);
	thread->seconds = -thread_seconds();
	thread->error = cvm_vmm_job_run(thread->job, &worker);
	thread->seconds += thread_seconds();
	return NULL;
}

/* All threads exist before the first call: making one waits for the lock that population holds. */
int workers_run(struct cvm_vmm_job *job, const int *vcpu_fd, unsigned workers, double *seconds,
		double *busiest)
{
	struct thread thread[POPULATE_MAX_VCPUS];
	pthread_barrier_t barrier;
	unsigned started = 0;
	double began;
	int error = 0;

	pthread_barrier_init(&barrier, NULL, workers + 1);
	for (; started < workers; started++) {
		thread[started] = (struct thread){ .job = job,
						   .barrier = &barrier,
						   .vcpu_fd = vcpu_fd[started] };
		if (pthread_create(&thread[started].id, NULL, work, &thread[started]))
			return CVM_VMM_ENOMEM; /* the program ends, and the threads with it */
	}
	*busiest = 0;
	began = seconds_now();
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < started; i++) {
		pthread_join(thread[i].id, NULL);
		if (thread[i].seconds > *busiest)
			*busiest = thread[i].seconds;
		if (thread[i].error && (!error || error == CVM_VMM_ECANCELED))
			error = thread[i].error;
	}
	*seconds = seconds_now() - began;
	pthread_barrier_destroy(&barrier);
	return error;
}
