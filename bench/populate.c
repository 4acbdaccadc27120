/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cvmem/vmm.h>

#include "bench.h"

/*
 * The host's step of population, on this machine and without KVM, by one thread and by two:
 * processor time of the thread that has taken most of it, which is the length of the parallel work
 * and has nothing of other load. The least of some runs: a thread that has to wait for a processor
 * leaves its share to the other.
 *
 * usage: populate MIB anonymous|thp|memfd
 */

#define RUNS 25
#define M2   (2 * MIB)

#define MIB_MAX (1 << 20)

struct thread {
	pthread_t id;
	pthread_barrier_t *barrier;
	struct cvm_vmm_job *job;
	uint64_t ns;
	int error;
};

static void *work(void *arg)
{
	struct cvm_vmm_worker worker = { .vcpu_fd = -1, .node = CVM_VMM_ANY_NODE };
	struct thread *thread = arg;

	pthread_barrier_wait(thread->barrier);
	thread->ns = cpu_ns();
	thread->error = cvm_vmm_job_run(thread->job, &worker);
	thread->ns = cpu_ns() - thread->ns;
	return NULL;
}

/* Processor time of the busiest; *sum: of all. */
static uint64_t run(struct cvm_vmm_job *job, unsigned threads, uint64_t *sum)
{
	struct thread thread[2];
	pthread_barrier_t barrier;
	uint64_t busiest = 0;

	*sum = 0;
	pthread_barrier_init(&barrier, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		thread[i] = (struct thread){ .barrier = &barrier, .job = job };
		if (pthread_create(&thread[i].id, NULL, work, &thread[i]))
			abort();
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(thread[i].id, NULL);
		if (thread[i].error)
			abort();
		*sum += thread[i].ns;
		if (thread[i].ns > busiest)
			busiest = thread[i].ns;
	}
	pthread_barrier_destroy(&barrier);
	return busiest;
}

/* Room for an address that is a multiple of 2 MiB. */
static void *map(uint64_t bytes, const char *backing, int *file)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *at;

	*file = -1;
	if (!strcmp(backing, "memfd")) {
		flags = MAP_SHARED;
		*file = memfd_create("bench-populate", MFD_CLOEXEC);
		if (*file < 0 || ftruncate(*file, (off_t)(bytes + M2)))
			abort();
	}
	at = mmap(NULL, bytes + M2, PROT_READ | PROT_WRITE, flags, *file, 0);
	if (at == MAP_FAILED)
		abort();
	madvise(at, bytes + M2, strcmp(backing, "thp") ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	return at;
}

static uint64_t populate(uint64_t bytes, const char *backing, unsigned threads, uint64_t *sum)
{
	int file;
	void *at = map(bytes, backing, &file);
	struct cvm_vmm_region region = { .size = bytes,
					 .backing = file < 0 ? CVM_VMM_PRIVATE_MAPPING
							     : CVM_VMM_SHARED_MAPPING,
					 .host = ((uintptr_t)at + M2 - 1) & -(uintptr_t)M2,
					 .memfd = -1,
					 .node = CVM_VMM_ANY_NODE };
	struct cvm_vmm_machine machine = { .vm_fd = -1, .region = &region, .regions = 1 };
	struct cvm_vmm_caps caps = { .populate_write = true };
	struct cvm_vmm_plan plan;
	struct cvm_vmm_job_config config = { .sys = &cvm_vmm_linux,
					     .machine = &machine,
					     .plan = &plan,
					     .storage_size = cvm_vmm_job_storage(&machine, 0) };
	struct cvm_vmm_job job;
	uint64_t busiest;

	config.storage = malloc(config.storage_size);
	if (!config.storage || cvm_vmm_plan(&machine, &caps, &plan, NULL) ||
	    cvm_vmm_job_init(&job, &config))
		abort();
	busiest = run(&job, threads, sum);
	free(config.storage);
	munmap(at, bytes + M2);
	if (file >= 0)
		close(file);
	return busiest;
}

static bool is_backing(const char *word)
{
	return !strcmp(word, "anonymous") || !strcmp(word, "thp") || !strcmp(word, "memfd");
}

int main(int argc, char **argv)
{
	uint64_t busiest[2] = { UINT64_MAX, UINT64_MAX }, sums[2] = { UINT64_MAX, UINT64_MAX };
	unsigned long mib = 0;
	char *end = NULL;

	if (argc == 3)
		mib = strtoul(argv[1], &end, 0);
	if (!mib || mib > MIB_MAX || *end || !is_backing(argv[2])) {
		fputs("usage: populate MIB anonymous|thp|memfd\n", stderr);
		return 64;
	}
	for (unsigned i = 0; i < 2 * RUNS; i++) {
		uint64_t sum, ns = populate(mib * MIB, argv[2], i % 2 + 1, &sum);

		if (ns < busiest[i % 2])
			busiest[i % 2] = ns;
		if (sum < sums[i % 2])
			sums[i % 2] = sum;
	}
	SAMPLE((double)busiest[0] / 1e6, "%s one ms", argv[2]);
	SAMPLE((double)busiest[1] / 1e6, "%s busiest of two ms", argv[2]);
	SAMPLE((double)sums[1] / 1e6, "%s both ms", argv[2]);
	SAMPLE((double)busiest[0] / (double)busiest[1], "%s times", argv[2]);
	return 0;
}
