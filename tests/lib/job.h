/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_LIB_JOB_H
#define CVMEM_TESTS_LIB_JOB_H

#include <pthread.h>
#include <stdint.h>

#include <cvmem/base.h>

/* A thread whose progress a test can wait for, without sleeping. */

enum job_state { JOB_RUNNING, JOB_WAITING, JOB_AT_GATE, JOB_RETURNED };

struct job {
	int (*run)(struct job *job);
	void *ctx;
	uint64_t start, end, gpa;
	unsigned order;
	int error;
	enum job_state state;
	pthread_t thread;
};

void job_start(struct job *job);
/* Until it waits for another CPU, stands at a gate or has returned; which of these. */
enum job_state job_settle(struct job *job);
/* Its end; what run() returned. */
int job_join(struct job *job);

/* The job of this thread, if there is one, is in this state now. */
void job_tell(enum job_state state);
/* For the relax hooks: the job of this thread waits for another CPU. */
void job_relax(void *ctx, enum cvm_wait what, uint64_t gpa);

#endif
