/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* The threads start together, or none of them does. */
struct run {
	void (*entry)(unsigned vcpu, void *arg);
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t opened;
	enum { GATE_SHUT, GATE_OPEN, GATE_CANCELLED } gate;
};

struct thread {
	pthread_t id;
	struct run *run;
	struct hosted_vcpu *vcpu;
};

static bool wait_at_gate(struct run *run)
{
	bool open;

	pthread_mutex_lock(&run->lock);
	while (run->gate == GATE_SHUT)
		pthread_cond_wait(&run->opened, &run->lock);
	open = run->gate == GATE_OPEN;
	pthread_mutex_unlock(&run->lock);
	return open;
}

static void *vcpu_thread(void *arg)
{
	struct thread *thread = arg;
	struct hosted_vcpu *vcpu = thread->vcpu;

	if (!wait_at_gate(thread->run))
		return NULL;
	hosted_this_vcpu = vcpu;
	/* The handler does not change the signal mask, so there is none to restore. */
	if (!sigsetjmp(vcpu->leave, 0)) {
		thread->run->entry(vcpu->number, thread->run->arg);
		emu_delay_sleep_off(&vcpu->delay);
	}
	hosted_this_vcpu = NULL;
	return NULL;
}

static bool run_threads(struct hosted_machine *machine, unsigned vcpus, struct run *run)
{
	struct thread *threads = calloc(vcpus, sizeof(*threads));
	unsigned started = 0;

	if (!threads)
		return false;
	for (; started < vcpus; started++) {
		threads[started].run = run;
		threads[started].vcpu = &machine->vcpus[started];
		if (pthread_create(&threads[started].id, NULL, vcpu_thread, &threads[started]))
			break;
	}
	pthread_mutex_lock(&run->lock);
	run->gate = started == vcpus ? GATE_OPEN : GATE_CANCELLED;
	pthread_cond_broadcast(&run->opened);
	pthread_mutex_unlock(&run->lock);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i].id, NULL);
	free(threads);
	return started == vcpus;
}

int hosted_run(struct hosted_machine *machine, unsigned vcpus,
	       void (*entry)(unsigned vcpu, void *arg), void *arg, struct hosted_report *report)
{
	struct run run = {
		.entry = entry,
		.arg = arg,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.opened = PTHREAD_COND_INITIALIZER,
	};

	*report = (struct hosted_report){ .gpa = UINT64_MAX, .stop.gpa = UINT64_MAX };
	if (!vcpus || vcpus > machine->config.vcpus) {
		hosted_stop_text(machine, EMU_STOP_FAILED, 0, UINT64_MAX,
				 "the machine has no %u vCPUs", vcpus);
	} else if (!hosted_stopped(machine)) {
		bool installed = !hosted_trap_install();

		if (!installed || !run_threads(machine, vcpus, &run))
			hosted_stop_text(machine, EMU_STOP_FAILED, 0, UINT64_MAX,
					 "the host cannot start %u threads with signal handlers",
					 vcpus);
		if (installed)
			hosted_trap_remove();
	}
	if (!hosted_stopped(machine))
		return 0;
	*report = machine->report;
	return -1;
}

void hosted_relax(void *unused)
{
	sched_yield();
	if (hosted_this_vcpu)
		hosted_leave_if_stopped(hosted_this_vcpu);
}

unsigned hosted_vcpu(void)
{
	return hosted_this_vcpu ? hosted_this_vcpu->number : 0;
}

uint64_t hosted_vcpu_ns(void)
{
	return hosted_this_vcpu ? emu_delay_virtual_ns(&hosted_this_vcpu->delay) : 0;
}

struct hosted_machine *hosted_current(void)
{
	return hosted_this_vcpu ? hosted_this_vcpu->machine : NULL;
}
