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

/* What one call of the platform is for. */
struct work {
	uint64_t start, end;
	uint64_t began; /* now() */
	enum cvm_cause cause;
	enum cvm_level level; /* of the largest page so far */
};

/* 0 if nothing is recorded. */
static uint64_t now(const struct cvm_acceptor *acceptor)
{
	return acceptor->config.events ? acceptor->host.now_ns(acceptor->host.ctx) : 0;
}

static __attribute__((__noinline__)) void
record(const struct cvm_acceptor *acceptor, const struct work *work, uint64_t start, uint64_t end)
{
	const struct cvm_host *host = &acceptor->host;
	struct cvm_event event CVM_UNINITIALIZED;

	/* Field by field: compilers clear a structure of this size with memset(). */
	event.time = work->began;
	event.duration = host->now_ns(host->ctx) - work->began;
	event.start = start;
	event.end = end;
	event.cpu = host->cpu ? host->cpu(host->ctx) : 0;
	event.cause = (uint8_t)work->cause;
	event.level = (uint8_t)work->level;
	cvm_events_add(acceptor->config.events, &event);
}

/*
 * Does the platform keep its contract? Success means that all of the range is accepted; else the
 * page that stopped the call lies in what is not accepted.
 */
static bool is_sound(int error, const struct cvm_accept_result *result, uint64_t from, uint64_t end)
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
static int finish(struct cvm_acceptor *acceptor, struct work *work, int error,
		  struct cvm_accept_result *result)
{
	uint64_t from = work->start;

	for (;;) {
		bool sound = is_sound(error, result, from, work->end);

		for (unsigned i = 0; i < CVM_LEVELS; i++) {
			cvm_count(&acceptor->stats.accepted[i], result->accepted[i]);
			cvm_count(&acceptor->stats.fallbacks[i], result->fallbacks[i]);
			if (result->accepted[i] && i > work->level)
				work->level = i;
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
	struct work work = { start, end, now(acceptor), cause, CVM_LEVEL_4K };
	int error = cvm_call_platform(acceptor->config.platform, start, end, result);

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
static void succeed(struct cvm_acceptor *acceptor, const struct work *work, uint64_t first,
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
 * to it whatever the host rejects.
 */
static int finish_run(struct cvm_acceptor *acceptor, struct work *work, uint64_t first,
		      uint64_t last, int error, struct cvm_accept_result *result)
{
	uint64_t rejected = 0; /* the unit up to which each has a call of its own */
	int failure = 0;

	for (;;) {
		uint64_t bad;

		error = finish(acceptor, work, error, result);
		work->start += result->done;
		succeed(acceptor, work, first, unit_at(acceptor, work->start));
		first = unit_at(acceptor, work->start);
		if (error) {
			failure = error;
			bad = unit_at(acceptor, result->where_bytes ? result->where : work->end);
			if (!result->where_bytes) {
				fail(acceptor, first, bad);
				first = bad;
				work->start = work->end;
			} else {
				fail(acceptor, bad, bad + 1);
				if (bad == first)
					work->start = cvm_unit_gpa(acceptor, ++first);
				else
					rejected = bad;
			}
		}
		if (rejected && first == rejected)
			work->start = cvm_unit_gpa(acceptor, ++first);
		if (first >= last)
			return failure;
		work->end = cvm_unit_gpa(acceptor, first < rejected ? first + 1 : last);
		work->level = CVM_LEVEL_4K;
		work->began = now(acceptor);
		error = cvm_call_platform(acceptor->config.platform, work->start, work->end,
					  result);
	}
}

__attribute__((__noinline__)) int cvm_run_finish(struct cvm_acceptor *acceptor, uint64_t first,
						 uint64_t last, enum cvm_cause cause, int error,
						 struct cvm_accept_result *result)
{
	struct work work = { cvm_unit_gpa(acceptor, first), cvm_unit_gpa(acceptor, last), 0, cause,
			     CVM_LEVEL_4K };

	return finish_run(acceptor, &work, first, last, error, result);
}

__attribute__((__noinline__)) int cvm_run_recorded(struct cvm_acceptor *acceptor, uint64_t first,
						   uint64_t last, enum cvm_cause cause)
{
	struct work work = { cvm_unit_gpa(acceptor, first), cvm_unit_gpa(acceptor, last),
			     now(acceptor), cause, CVM_LEVEL_4K };
	struct cvm_accept_result result CVM_UNINITIALIZED;
	int error = cvm_call_platform(acceptor->config.platform, work.start, work.end, &result);

	return finish_run(acceptor, &work, first, last, error, &result);
}
