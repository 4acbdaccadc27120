/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "convert.h"

static uint8_t *mood_of(struct convert *convert, uint64_t gpa)
{
	struct fake *fake = convert->world->fake;

	if (gpa < fake->base || gpa >= fake->end)
		abort();
	return &convert->mood[(gpa - fake->base) / PAGE];
}

void convert_mood(struct convert *convert, uint64_t gpa, unsigned mood)
{
	__atomic_store_n(mood_of(convert, gpa), (uint8_t)mood, __ATOMIC_RELEASE);
}

void convert_open(struct convert *convert, uint64_t gpa)
{
	struct fake *fake = convert->world->fake;

	pthread_mutex_lock(&fake->lock);
	convert_mood(convert, gpa, 0);
	pthread_cond_broadcast(&fake->changed);
	pthread_mutex_unlock(&fake->lock);
}

static void gate(struct convert *convert, uint64_t gpa, unsigned which)
{
	struct fake *fake = convert->world->fake;
	uint8_t *mood = mood_of(convert, gpa);

	if (!(__atomic_load_n(mood, __ATOMIC_ACQUIRE) & which))
		return;
	job_tell(JOB_AT_GATE);
	pthread_mutex_lock(&fake->lock);
	while (__atomic_load_n(mood, __ATOMIC_ACQUIRE) & which)
		pthread_cond_wait(&fake->changed, &fake->lock);
	pthread_mutex_unlock(&fake->lock);
	job_tell(JOB_RUNNING);
}

static void misuse(struct fake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->misuse++;
	pthread_mutex_unlock(&fake->lock);
}

static int change(struct convert *convert, uint64_t start, uint64_t end, bool shared,
		  uint64_t *done)
{
	struct fake *fake = convert->world->fake;
	enum fake_state from = shared ? FAKE_ACCEPTED : FAKE_SHARED;
	enum fake_state to = shared ? FAKE_SHARED : FAKE_UNACCEPTED;
	unsigned refuse = shared ? CONVERT_REFUSE_SHARE : CONVERT_REFUSE_UNSHARE;

	__atomic_fetch_add(shared ? &convert->shares : &convert->unshares, 1, __ATOMIC_RELAXED);
	*done = 0;
	if (start >= end || (start | end) % PAGE)
		misuse(fake);
	for (uint64_t gpa = start; gpa < end; gpa += PAGE) {
		gate(convert, gpa, shared ? CONVERT_GATE_SHARE : CONVERT_GATE_UNSHARE);
		if (__atomic_load_n(mood_of(convert, gpa), __ATOMIC_ACQUIRE) & refuse)
			return CVM_EIO;
		if (fake_at(fake, gpa) != from)
			misuse(fake);
		fake_set(fake, gpa, gpa + PAGE, to);
		*done += PAGE;
	}
	return 0;
}

static int platform_share(struct cvm_platform *platform, uint64_t start, uint64_t end,
			  uint64_t *done)
{
	return change((struct convert *)platform, start, end, true, done);
}

static int platform_unshare(struct cvm_platform *platform, uint64_t start, uint64_t end,
			    uint64_t *done)
{
	return change((struct convert *)platform, start, end, false, done);
}

static int platform_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   struct cvm_accept_result *result)
{
	struct fake *fake = ((struct convert *)platform)->world->fake;

	for (uint64_t gpa = start; gpa < end; gpa += PAGE)
		if (fake_at(fake, gpa) == FAKE_SHARED)
			misuse(fake);
	return fake->platform.accept(&fake->platform, start, end, result);
}

static void platform_stop(struct cvm_platform *platform, enum cvm_terminate_reason reason,
			  uint64_t gpa)
{
	struct fake *fake = ((struct convert *)platform)->world->fake;

	fake->platform.terminate(&fake->platform, reason, gpa);
}

void convert_reset(struct convert *convert, size_t capacity)
{
	struct cvm_share_config config = {
		.acceptor = &convert->world->acceptor,
		.capacity = capacity,
	};

	free(convert->storage);
	convert->storage = calloc(capacity, sizeof(*convert->storage));
	config.storage = convert->storage;
	if (!convert->storage || cvm_share_init(&convert->share, &config))
		abort();
}

struct convert *convert_new(uint64_t base, uint64_t units, const uint64_t *bits, size_t capacity)
{
	struct convert *convert = calloc(1, sizeof(*convert));
	struct cvm_acceptor_config config;

	if (!convert)
		abort();
	convert->world = world_new(base, CVM_UNIT_DEFAULT, units, bits, false);
	convert->mood = calloc(units * CVM_UNIT_DEFAULT / PAGE, 1);
	if (!convert->mood)
		abort();
	convert->platform = (struct cvm_platform){
		.name = "fake",
		.accept = platform_accept,
		.set_shared = platform_share,
		.set_private = platform_unshare,
		.terminate = platform_stop,
	};
	config = convert->world->acceptor.config;
	config.platform = &convert->platform;
	world_reset(convert->world, &config);
	convert_reset(convert, capacity);
	return convert;
}

void convert_free(struct convert *convert)
{
	world_free(convert->world);
	free(convert->storage);
	free(convert->mood);
	free(convert);
}

/* The states of a page in which the list may say this of it. */
static bool may_be(struct convert *convert, uint64_t gpa, enum cvm_share_state state)
{
	bool unaccepted = cvm_table_any(convert->world->table, gpa, gpa + PAGE);

	switch (fake_at(convert->world->fake, gpa)) {
	case FAKE_ACCEPTED:
		return state == CVM_PRIVATE && !unaccepted;
	case FAKE_SHARED:
		return (state == CVM_SHARED || state == CVM_RELEASED) && !unaccepted;
	case FAKE_UNACCEPTED:
		return unaccepted ? state == CVM_PRIVATE
				  : state == CVM_SHARE_FAILED || state == CVM_WITHDRAWN;
	default:
		return false;
	}
}

static bool tidy(const struct cvm_share *share)
{
	const struct cvm_shared *list = share->config.storage;

	for (size_t i = 0; i < share->count; i++) {
		if (list[i].start >= list[i].end || list[i].busy)
			return false;
		if (i && (list[i - 1].end > list[i].start ||
			  (list[i - 1].end == list[i].start && list[i - 1].state == list[i].state)))
			return false;
	}
	for (size_t i = share->count; i < share->config.capacity; i++)
		if (list[i].start || list[i].end)
			return false;
	return !share->promised && share->count <= share->config.capacity;
}

bool convert_exact(struct convert *convert)
{
	struct fake *fake = convert->world->fake;

	for (uint64_t gpa = fake->base; gpa < fake->end; gpa += PAGE) {
		enum cvm_share_state state = cvm_share_state_at(&convert->share, gpa);

		if (!may_be(convert, gpa, state)) {
			fprintf(stderr, "page %#llx: the list says %d, but it is %d\n",
				(unsigned long long)gpa, state, fake_at(fake, gpa));
			return false;
		}
	}
	return tidy(&convert->share) && fake_clean(fake);
}

int convert_share(struct job *job)
{
	struct convert *convert = job->ctx;

	return cvm_set_shared(&convert->share, job->start, job->end, NULL);
}

int convert_unshare(struct job *job)
{
	struct convert *convert = job->ctx;

	return cvm_set_private(&convert->share, job->start, job->end, NULL);
}
