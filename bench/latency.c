/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <cvmem/pages.h>
#include <cvmem/reserve.h>

#include "bench.h"
#include "memory.h"

/*
 * How long an allocation takes while memory is still being accepted. A workload takes one page
 * after the other, 128 MiB/s for two seconds; accepting a unit takes as long as on TDX when
 * the host maps 4 KiB pages (2.5 us each), as a sleep.
 *
 * usage: latency lazy|background|eager|linux
 *
 * eager: all was accepted before. linux: the same, but every 4 MiB the scheme of Linux accepts the
 * next 4 MiB within the allocation.
 */

#define UNIT_NS	    (512 * 2500)
#define BURST	    32
#define BURST_NS    1000000
#define BURSTS	    2000
#define ALLOCATIONS (BURST * BURSTS)

static struct memory *memory;
static struct cvm_pages_source source;
static struct cvm_reserve reserve;
static uint64_t taken[ALLOCATIONS];

/* The acceptor's thread, which sleeps until it is woken or it is time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken;
static bool awake, finished;

static void wake(void *ctx)
{
	pthread_mutex_lock(&lock);
	awake = true;
	pthread_cond_signal(&woken);
	pthread_mutex_unlock(&lock);
}

static uint64_t clock_of(void *ctx)
{
	return now_ns();
}

static void doze(uint64_t ns)
{
	uint64_t until = now_ns() + ns;
	struct timespec time = { .tv_sec = (time_t)(until / 1000000000),
				 .tv_nsec = (long)(until % 1000000000) };

	pthread_mutex_lock(&lock);
	while (!awake && !finished && !pthread_cond_timedwait(&woken, &lock, &time))
		;
	awake = false;
	pthread_mutex_unlock(&lock);
}

static void *acceptor(void *arg)
{
	struct cvm_budget budget = { .units = 8 };
	struct cvm_step step = { 0 };

	prctl(PR_SET_TIMERSLACK, 1);
	while (!__atomic_load_n(&finished, __ATOMIC_RELAXED) && step.next != CVM_STEP_DONE) {
		cvm_reserve_step(&reserve, &budget, &step);
		if (step.next == CVM_STEP_SLEEP)
			doze(step.sleep_ns);
	}
	return NULL;
}

static const struct cvm_host host = { .now_ns = clock_of };

static void begin(enum cvm_reserve_policy policy, pthread_t *thread)
{
	struct cvm_reserve_config config = {
		.source = &source.source, .policy = policy, .host = &host, .wake = wake
	};
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&woken, &monotonic);
	cvm_pages_source_init(&source, &memory->pages);
	if (cvm_reserve_init(&reserve, &config) || pthread_create(thread, NULL, acceptor, NULL))
		abort();
}

static void end(pthread_t thread, uint64_t took)
{
	struct cvm_reserve_stats stats;

	__atomic_store_n(&finished, true, __ATOMIC_RELAXED);
	wake(NULL);
	pthread_join(thread, NULL);
	cvm_reserve_get_stats(&reserve, &stats);
	SAMPLE((double)stats.busy_ns / (double)took, "latency.background.share");
}

static uint64_t allocate(struct cvm_cache *cache, bool linux_scheme, unsigned n)
{
	uint64_t gpa, begun = now_ns();

	if (linux_scheme && n % 1024 == 0)
		linux_scheme_accept(memory->world->linux_scheme, BASE + n * 4 * KIB,
				    BASE + n * 4 * KIB + 4 * MIB);
	if (cvm_cache_alloc(cache, 0, &gpa))
		abort();
	return now_ns() - begun;
}

static void workload(bool linux_scheme)
{
	static struct cvm_cache cache;
	uint64_t next = now_ns();

	cvm_cache_init(&cache, &memory->pages);
	for (unsigned i = 0; i < ALLOCATIONS; i++) {
		if (i % BURST == 0) {
			struct timespec until;

			next += BURST_NS;
			until.tv_sec = (time_t)(next / 1000000000);
			until.tv_nsec = (long)(next % 1000000000);
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		}
		taken[i] = allocate(&cache, linux_scheme, i);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	const char *policy = argc == 2 ? argv[1] : "lazy";
	bool background = !strcmp(policy, "background"), linux_scheme = !strcmp(policy, "linux");
	bool accepted = !strcmp(policy, "eager") || linux_scheme;
	pthread_t thread;
	uint64_t begun;

	prctl(PR_SET_TIMERSLACK, 1);
	memory = memory_new(2 * GIB, HOOK_SLEEP, accepted ? MEMORY_ACCEPTED : MEMORY_UNACCEPTED);
	memory->world->unit_ns = UNIT_NS;
	linux_scheme_fill(memory->world->linux_scheme, true);
	if (background)
		begin(CVM_RESERVE_BACKGROUND, &thread);
	begun = now_ns();
	workload(linux_scheme);
	if (background)
		end(thread, now_ns() - begun);
	qsort(taken, ALLOCATIONS, sizeof(taken[0]), compare);
	SAMPLE(taken[ALLOCATIONS / 2], "latency.%s.p50", policy);
	SAMPLE(taken[ALLOCATIONS / 100 * 99], "latency.%s.p99", policy);
	SAMPLE(taken[ALLOCATIONS / 1000 * 999], "latency.%s.p999", policy);
	SAMPLE(taken[ALLOCATIONS - 1], "latency.%s.max", policy);
	memory_free(memory);
	return 0;
}
