/* SPDX-License-Identifier: MIT */
#include "accept_internal.h"
#include "bitmap.h"
#include "claim.h"

/*
 * From the platform's call to the publication: the policy for pages that were accepted already,
 * what to do with the rest of a run after a rejection, counters, and the record of events.
 */

/* The platform reports that the page at result->where was accepted already (I2). */
static bool may_continue(struct cvm_acceptor *acceptor, const struct cvm_accept_result *result)
{
	struct cvm_platform *platform = acceptor->config.platform;
	const struct cvm_host *host = &acceptor->host;

	cvm_count(&acceptor->stats.already_accepted, 1);
	if (host->on_attack &&
	    host->on_attack(host->ctx, CVM_ATTACK_ALREADY_ACCEPTED, result->where,
			    result->status) == CVM_VERDICT_CONTINUE)
		return true;
	platform->terminate(platform, CVM_TERMINATE_ALREADY_ACCEPTED, result->where);
	return false;
}

/*
 * What one call of the platform is for is described as the event that may become of it: the range,
 * the cause, the level of the largest page so far, and when it began, by now(), which is set before
 * the call.
 */
static void work_begin(struct cvm_event *work, uint64_t start, uint64_t end, enum cvm_cause cause)
{
	work->start = start;
	work->end = end;
	work->cause = (uint8_t)cause;
	work->level = CVM_LEVEL_4K;
}

/* 0 if nothing is recorded. */
static uint64_t now(const struct cvm_acceptor *acceptor)
{
	return acceptor->config.events ? acceptor->host.now_ns(acceptor->host.ctx) : 0;
}

/* All of [start, end) is accepted, by this work and perhaps by a call before it. */
static __attribute__((__noinline__)) void
record(const struct cvm_acceptor *acceptor, struct cvm_event *work, uint64_t start, uint64_t end)
{
	const struct cvm_host *host = &acceptor->host;
	uint64_t reached = work->start;

	work->start = start;
	work->end = end;
	work->duration = host->now_ns(host->ctx) - work->time;
	work->cpu = host->cpu ? host->cpu(host->ctx) : 0;
	cvm_events_add(acceptor->config.events, work);
	work->start = reached;
}

/*
 * Does the platform keep its contract? Success means that all of the range is accepted; else the
 * page that stopped the call lies in what is not accepted.
 */
static __attribute__((__noinline__)) bool
is_sound(int error, const struct cvm_accept_result *result, uint64_t from, uint64_t end)
{
	uint64_t where = result->where, bytes = result->where_bytes;

	if (result->done > end - from || result->done % CVM_PAGE_SIZE)
		return false;
	if (!error)
		return result->done == end - from;
	if (where < from || where >= end || where % CVM_PAGE_SIZE || bytes % CVM_PAGE_SIZE ||
	    !bytes || bytes > cvm_level_bytes(CVM_LEVEL_1G))
		return false;
	return error == CVM_EALREADY ? where - from == result->done : where - from >= result->done;
}

/*
 * After the first call, which ended with `error` and the result: policy, and counters of pages. On
 * an error result->done says how much from work->start on is accepted. Without result->where_bytes
 * nothing is known of what is behind.
 */
static inline __attribute__((__always_inline__)) int finish(struct cvm_acceptor *acceptor,
							    struct cvm_event *work, int error,
							    struct cvm_accept_result *result)
{
	uint64_t from = work->start;

	for (;;) {
		bool sound = is_sound(error, result, from, work->end);

		for (unsigned i = 0; i < CVM_LEVELS; i++) {
			cvm_count(&acceptor->stats.accepted[i], result->accepted[i]);
			cvm_count(&acceptor->stats.fallbacks[i], result->fallbacks[i]);
			if (result->accepted[i] && i > work->level)
				work->level = (uint8_t)i;
		}
		if (!sound) {
			error = CVM_EIO;
			result->where_bytes = 0;
			if (result->done > work->end - from)
				result->done = 0;
		}
		if (error != CVM_EALREADY || !may_continue(acceptor, result)) {
			result->done += from - work->start;
			return error;
		}
		from = cvm_min(result->where + result->where_bytes, work->end);
		if (from == work->end) {
			result->done = from - work->start;
			return 0;
		}
		error = cvm_call_platform(acceptor->config.platform, from, work->end, result);
	}
}

int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result)
{
	struct cvm_event work CVM_UNINITIALIZED;
	int error;

	work_begin(&work, start, end, cause);
	work.time = now(acceptor);
	error = cvm_call_platform(acceptor->config.platform, start, end, result);
	error = finish(acceptor, &work, error, result);
	if (error)
		return error;
	cvm_count(&acceptor->stats.bytes[cause], end - start);
	if (acceptor->config.events)
		record(acceptor, &work, start, end);
	return 0;
}

void cvm_run_publish(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	uint64_t *bitmap = acceptor->config.table->bitmap;
	uint64_t word = first / 64;

	/* A word, as the default length of a run has. */
	if (last - first == 64 && !(first % 64)) {
		__atomic_store_n(&bitmap[word], 0, __ATOMIC_RELEASE);
		return;
	}
	if (first % 64 || last / 64 == word) {
		__atomic_fetch_and(&bitmap[word], ~cvm_word_mask(word, first, last),
				   __ATOMIC_RELEASE);
		word++;
	}
	/* No other CPU changes a word of which all units are this CPU's. */
	if (word < last / 64) {
		cvm_words_clear(&bitmap[word], last / 64 - word);
		word = last / 64;
	}
	if (word == last / 64 && last % 64)
		__atomic_fetch_and(&bitmap[word], ~cvm_word_mask(word, first, last),
				   __ATOMIC_RELEASE);
}

/* Units [first, last) are accepted. They are counted before they are published. */
static void succeed(struct cvm_acceptor *acceptor, struct cvm_event *work, uint64_t first,
		    uint64_t last)
{
	if (first == last)
		return;
	cvm_count(&acceptor->stats.units, last - first);
	cvm_count(&acceptor->stats.bytes[work->cause], (last - first) << acceptor->unit_shift);
	if (acceptor->config.events)
		record(acceptor, work, cvm_unit_gpa(acceptor, first), cvm_unit_gpa(acceptor, last));
	cvm_run_publish(acceptor, first, last);
}

static void fail(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	cvm_count(&acceptor->stats.failed, last - first);
	cvm_units_fail(acceptor, first, last);
}

static uint64_t unit_at(const struct cvm_acceptor *acceptor, uint64_t gpa)
{
	return (gpa - acceptor->config.table->phys_base) >> acceptor->unit_shift;
}

/*
 * Units [first, last), for which the first call is made, as work says. A rejected page costs its
 * unit alone: what is accepted before it is published at once, and the rest is accepted by another
 * call. If the platform rejected a page that is not the next one (SNP: an entry in the middle of a
 * page-state change), each unit up to it is accepted by a call of its own, so that there is an end
 * to it whatever the host rejects. The first of them may be accepted in part: its call begins where
 * that ends, since no page is accepted twice (I2).
 */
static __attribute__((__noinline__)) int finish_run(struct cvm_acceptor *acceptor,
						    struct cvm_event *work, uint64_t first,
						    uint64_t last, int error,
						    struct cvm_accept_result *result)
{
	uint64_t rejected = 0; /* the unit up to which each has a call of its own */
	int failure = 0;

	for (;;) {
		uint64_t accepted, bad;

		error = finish(acceptor, work, error, result);
		work->start += result->done;
		accepted = unit_at(acceptor, work->start);
		bad = unit_at(acceptor, result->where_bytes ? result->where : work->end);
		succeed(acceptor, work, first, accepted);
		first = accepted;
		if (error) {
			failure = error;
			if (!result->where_bytes) {
				fail(acceptor, first, bad);
				first = bad;
			} else {
				fail(acceptor, bad, bad + 1);
				if (bad == first)
					first++;
				else
					rejected = bad;
			}
		}
		if (rejected && first == rejected)
			first++;
		if (first >= last)
			return failure;
		work->start = cvm_max(cvm_unit_gpa(acceptor, first), work->start);
		work->end = cvm_unit_gpa(acceptor, first < rejected ? first + 1 : last);
		work->level = CVM_LEVEL_4K;
		work->time = now(acceptor);
		error = cvm_call_platform(acceptor->config.platform, work->start, work->end,
					  result);
	}
}

__attribute__((__noinline__)) int cvm_run_accept(struct cvm_acceptor *acceptor, uint64_t first,
						 uint64_t last, enum cvm_cause cause)
{
	struct cvm_accept_result result CVM_UNINITIALIZED;
	struct cvm_event work CVM_UNINITIALIZED;
	int error;

	work_begin(&work, cvm_unit_gpa(acceptor, first), cvm_unit_gpa(acceptor, last), cause);
	work.time = now(acceptor);
	error = cvm_call_platform(acceptor->config.platform, work.start, work.end, &result);
	if (acceptor->config.events || !cvm_run_is_common(acceptor, last - first, error, &result))
		return finish_run(acceptor, &work, first, last, error, &result);
	cvm_run_count(acceptor, last - first, cause);
	cvm_run_publish(acceptor, first, last);
	return 0;
}

__attribute__((__noinline__)) int cvm_run_finish(struct cvm_acceptor *acceptor, uint64_t first,
						 uint64_t last, enum cvm_cause cause, int error,
						 struct cvm_accept_result *result)
{
	struct cvm_event work CVM_UNINITIALIZED;

	work_begin(&work, cvm_unit_gpa(acceptor, first), cvm_unit_gpa(acceptor, last), cause);
	return finish_run(acceptor, &work, first, last, error, result);
}
