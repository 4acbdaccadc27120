/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fake.h"
#include "job.h"

static void *zeroed(size_t n)
{
	void *memory = calloc(n, 1);

	if (!memory)
		abort();
	return memory;
}

static uint64_t page(const struct fake *fake, uint64_t gpa)
{
	if (gpa < fake->base || gpa >= fake->end)
		abort();
	return (gpa - fake->base) / PAGE;
}

static bool inside(const struct fake *fake, uint64_t gpa)
{
	return gpa >= fake->base && gpa < fake->end;
}

static void allow(struct fake *fake, uint64_t start, uint64_t end, int protection)
{
	if (fake->memory && start < end &&
	    mprotect(fake->memory + (start - fake->base), end - start, protection)) {
		perror("mprotect");
		abort();
	}
}

struct counts {
	uint64_t pages, doubles, outside;
};

/* One page of a level; the fake's lock is not held. */
static int accept_page(struct fake *fake, uint64_t gpa, uint64_t bytes, struct counts *count)
{
	unsigned mood = __atomic_load_n(&fake->mood[page(fake, gpa)], __ATOMIC_ACQUIRE);
	bool claimed = false;

	if (mood & FAKE_REFUSE)
		return CVM_EIO;
	if (mood & FAKE_CLAIM)
		claimed = true;
	for (uint64_t at = gpa; at < gpa + bytes; at += PAGE) {
		uint64_t i = page(fake, at);
		uint8_t before =
			__atomic_exchange_n(&fake->state[i], FAKE_ACCEPTED, __ATOMIC_RELAXED);

		fake->order[i] = 1;
		count->pages++;
		if (before == FAKE_OUTSIDE)
			count->outside++;
		if (before == FAKE_ACCEPTED) {
			count->doubles++;
			claimed = true;
		}
	}
	return claimed ? CVM_EALREADY : 0;
}

static bool moody(const struct fake *fake, uint64_t gpa, uint64_t bytes)
{
	for (uint64_t at = gpa; at < gpa + bytes; at += PAGE)
		if (__atomic_load_n(&fake->mood[page(fake, at)], __ATOMIC_ACQUIRE))
			return true;
	return false;
}

static void gate(struct fake *fake, uint64_t gpa)
{
	uint8_t *mood = &fake->mood[page(fake, gpa)];

	if (!(__atomic_load_n(mood, __ATOMIC_ACQUIRE) & FAKE_GATE))
		return;
	job_tell(JOB_AT_GATE);
	pthread_mutex_lock(&fake->lock);
	while (__atomic_load_n(mood, __ATOMIC_ACQUIRE) & FAKE_GATE)
		pthread_cond_wait(&fake->changed, &fake->lock);
	pthread_mutex_unlock(&fake->lock);
	job_tell(JOB_RUNNING);
}

static void merge(struct fake *fake, const struct counts *count,
		  const struct cvm_accept_result *result)
{
	pthread_mutex_lock(&fake->lock);
	fake->pages += count->pages;
	fake->doubles += count->doubles;
	fake->outside += count->outside;
	for (unsigned level = 0; level < CVM_LEVELS; level++) {
		fake->accepted[level] += result->accepted[level];
		fake->refused[level] += result->fallbacks[level];
	}
	pthread_mutex_unlock(&fake->lock);
}

static bool begin(struct fake *fake, uint64_t start, uint64_t end)
{
	bool ok = start < end && !((start | end) % PAGE) && inside(fake, start) &&
		  inside(fake, end - 1);

	pthread_mutex_lock(&fake->lock);
	if (fake->calls < FAKE_CALLS) {
		fake->call[fake->calls].start = start;
		fake->call[fake->calls].end = end;
	}
	fake->calls++;
	fake->misuse += !ok;
	pthread_mutex_unlock(&fake->lock);
	return ok;
}

static int fake_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		       struct cvm_accept_result *result)
{
	struct fake *fake = (struct fake *)platform;
	struct counts count = { 0 };
	uint64_t bytes = 0, reached = start;
	int error = begin(fake, start, end) ? 0 : CVM_EINVAL;

	for (uint64_t gpa = start; gpa < end && !error; gpa += bytes) {
		int level = CVM_LEVEL_1G;

		for (;; level--) {
			bytes = cvm_level_bytes((enum cvm_level)level);
			if (gpa % bytes || bytes > end - gpa)
				continue;
			if (level == CVM_LEVEL_4K ||
			    (level <= (int)fake->max_level && !moody(fake, gpa, bytes)))
				break;
			result->fallbacks[level]++;
		}
		gate(fake, gpa);
		error = accept_page(fake, gpa, bytes, &count);
		if (error == CVM_EIO || error == CVM_EALREADY) {
			result->where = gpa;
			result->where_bytes = bytes;
			result->status = 0xdead0000u - (unsigned)error;
		}
		if (error != CVM_EIO)
			reached = gpa + bytes;
		if (!error) {
			result->accepted[level]++;
			result->done += bytes;
		}
	}
	allow(fake, start, reached, PROT_READ | PROT_WRITE);
	merge(fake, &count, result);
	return error;
}

static void fake_stop(struct cvm_platform *platform, enum cvm_terminate_reason reason, uint64_t gpa)
{
	struct fake *fake = (struct fake *)platform;

	fake->stops++;
	fake->stop_reason = reason;
	fake->stop_gpa = gpa;
	if (fake->stop_to)
		longjmp(*fake->stop_to, 1);
}

const struct cvm_platform fake_calls = {
	.name = "fake",
	.accept = fake_accept,
	.terminate = fake_stop,
};

struct fake *fake_new(uint64_t base, uint64_t end, bool backed)
{
	struct fake *fake = zeroed(sizeof(*fake));
	uint64_t pages = (end - base) / PAGE;

	fake->platform = fake_calls;
	fake->base = base;
	fake->end = end;
	fake->max_level = CVM_LEVEL_2M;
	fake->state = zeroed(pages);
	fake->mood = zeroed(pages);
	fake->order = zeroed(pages);
	pthread_mutex_init(&fake->lock, NULL);
	pthread_cond_init(&fake->changed, NULL);
	if (backed) {
		fake->memory = mmap(NULL, end - base, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (fake->memory == MAP_FAILED) {
			perror("mmap");
			abort();
		}
	}
	return fake;
}

void fake_free(struct fake *fake)
{
	if (fake->memory)
		munmap(fake->memory, fake->end - fake->base);
	pthread_mutex_destroy(&fake->lock);
	pthread_cond_destroy(&fake->changed);
	free(fake->state);
	free(fake->mood);
	free(fake->order);
	free(fake);
}

void fake_set(struct fake *fake, uint64_t start, uint64_t end, enum fake_state state)
{
	uint64_t first = page(fake, start), n = (end - start) / PAGE;

	memset(fake->state + first, state, n);
	memset(fake->order + first, state == FAKE_ACCEPTED, n);
	allow(fake, start, end, state == FAKE_ACCEPTED ? PROT_READ | PROT_WRITE : PROT_NONE);
}

void fake_mood(struct fake *fake, uint64_t gpa, unsigned mood)
{
	__atomic_store_n(&fake->mood[page(fake, gpa)], (uint8_t)mood, __ATOMIC_RELEASE);
}

void fake_open(struct fake *fake, uint64_t gpa)
{
	pthread_mutex_lock(&fake->lock);
	fake_mood(fake, gpa, 0);
	pthread_cond_broadcast(&fake->changed);
	pthread_mutex_unlock(&fake->lock);
}

enum fake_state fake_at(struct fake *fake, uint64_t gpa)
{
	if (!inside(fake, gpa))
		return FAKE_OUTSIDE;
	return (enum fake_state)__atomic_load_n(&fake->state[page(fake, gpa)], __ATOMIC_RELAXED);
}

bool fake_all_accepted(struct fake *fake, uint64_t start, uint64_t end)
{
	for (uint64_t gpa = start & ~(PAGE - 1); gpa < end; gpa += PAGE) {
		if (fake_at(fake, gpa) == FAKE_OUTSIDE)
			continue;
		if (fake_at(fake, gpa) != FAKE_ACCEPTED || !fake->order[page(fake, gpa)])
			return false;
	}
	return true;
}

uint64_t fake_count(struct fake *fake, uint64_t start, uint64_t end, enum fake_state state)
{
	uint64_t n = 0;

	for (uint64_t gpa = start; gpa < end; gpa += PAGE)
		n += fake_at(fake, gpa) == state;
	return n;
}

void *fake_memory(struct fake *fake, uint64_t gpa)
{
	return fake->memory + (gpa - fake->base);
}

bool fake_clean(struct fake *fake)
{
	if (fake->doubles || fake->outside || fake->misuse)
		fprintf(stderr, "fake: %llu twice, %llu outside, %llu malformed\n",
			(unsigned long long)fake->doubles, (unsigned long long)fake->outside,
			(unsigned long long)fake->misuse);
	return !fake->doubles && !fake->outside && !fake->misuse;
}

int fake_accept_now(void *ctx, uint64_t start, uint64_t end)
{
	struct fake *fake = ctx;
	struct cvm_accept_result result = { 0 };

	return fake_accept(&fake->platform, start, end, &result);
}
