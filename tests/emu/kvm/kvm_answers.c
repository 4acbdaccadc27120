/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tests/emu/kvm/answers.h"

/*
 * usage: kvm-answers
 *
 * A static program: what this kernel's KVM answers, error by error, and whether the model does the
 * same. Exit status: 0 it does.
 */

#define KVM_CREATE_VM	0xae01UL
#define KVM_CREATE_VCPU 0xae41UL

struct kernel {
	pthread_t caller, sender;
	bool stop;
};

static void handle(int number)
{
	(void)number;
}

static void *send_signals(void *ctx)
{
	struct kernel *kernel = ctx;

	while (!__atomic_load_n(&kernel->stop, __ATOMIC_ACQUIRE)) {
		pthread_kill(kernel->caller, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void signals(void *ctx, bool come)
{
	struct kernel *kernel = ctx;

	if (come) {
		kernel->caller = pthread_self();
		if (pthread_create(&kernel->sender, NULL, send_signals, kernel))
			abort();
		return;
	}
	__atomic_store_n(&kernel->stop, true, __ATOMIC_RELEASE);
	pthread_join(kernel->sender, NULL);
}

static void protect(void *ctx, uintptr_t page)
{
	(void)ctx;
	if (mprotect((void *)page, 4096, PROT_NONE))
		abort();
}

static int must(int result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "kvm-answers: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

int main(void)
{
	static struct answers real, model;
	struct kernel kernel = { 0 };
	struct sigaction action = { .sa_handler = handle };
	int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	struct answers_machine machine = { .sys = &cvm_vmm_linux,
					   .vm = vm,
					   .vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0),
							"KVM_CREATE_VCPU"),
					   .protect = protect,
					   .signals = signals,
					   .ctx = &kernel };
	void *host =
		mmap(NULL, ANSWERS_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned wrong = 0;

	if (host == MAP_FAILED || madvise(host, ANSWERS_RAM, MADV_NOHUGEPAGE) ||
	    sigaction(SIGUSR1, &action, NULL) || !answers_of_model(&model))
		must(-1, "memory");
	machine.host = (uintptr_t)host;
	answers_collect(&machine, &real);
	printf("%-56s %-16s %s\n", "call", "model", "kernel");
	for (unsigned i = 0; i < real.rows; i++) {
		bool same = !strcmp(real.row[i].answer, model.row[i].answer);

		printf("%-56s %-16s %s%s\n", real.row[i].call, model.row[i].answer,
		       real.row[i].answer, same ? "" : "  WRONG");
		wrong += !same;
	}
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
