/* SPDX-License-Identifier: MIT */
#include <cvmem/hotplug.h>

#include "accept_internal.h"
#include "bitmap.h"
#include "claim.h"
#include "share_internal.h"

/*
 * Memory that is added and released. docs/hotplug.md has the states of a unit; every change here
 * keeps: a clear bit means accepted, or in the list of what is not private (I4).
 */

static bool check_units(struct cvm_share *share, uint64_t start, uint64_t end, int *error)
{
	const struct cvm_acceptor_config *config = &share->config.acceptor->config;
	uint64_t top = config->platform->gpa_end;

	*error = CVM_EINVAL;
	if (!config->table || !config->claims || start >= end ||
	    (start | end) & (config->table->unit_size - 1))
		return false;
	*error = CVM_ERANGE;
	if (start < config->table->phys_base || end > cvm_table_end(config->table) ||
	    (top && end > top))
		return false;
	*error = CVM_EBUSY;
	return !cvm_share_is_owned(share, start, end);
}

static uint64_t unit_number(const struct cvm_acceptor *acceptor, uint64_t gpa)
{
	return (gpa - acceptor->config.table->phys_base) >> acceptor->unit_shift;
}

/*
 * Where a step of [start, end) ends. What is done under a lock, or under the hooks against
 * preemption, must not grow with memory.
 */
static uint64_t step_in_units(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end)
{
	const uint64_t units = 64 * CVM_CLAIM_WORDS;

	return cvm_min(end,
		       cvm_unit_gpa(acceptor, (unit_number(acceptor, start) / units + 1) * units));
}

/* Where the run of units that are unaccepted, or are not, ends. */
static uint64_t kind_end(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
			 bool unaccepted)
{
	uint64_t from = start, to = end;

	/* The first run of the other kind. */
	if (!cvm_table_next(acceptor->config.table, &from, &to, unaccepted))
		return end;
	return from;
}

/* Claim all of units [first, last), or none. */
static int claim_all(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word_mask(word, first, last);
		uint64_t won = cvm_claim_units(acceptor, word, bits);
		int error = cvm_failed(acceptor, word) & bits ? CVM_EIO : CVM_EBUSY;

		if (won == bits)
			continue;
		cvm_unclaim_units(acceptor, word, won);
		for (uint64_t back = first / 64; back < word; back++)
			cvm_unclaim_units(acceptor, back, cvm_word_mask(back, first, last));
		return error;
	}
	return 0;
}

/* Units [first, last) are private and not accepted, and this CPU has claimed them. */
static void set_unaccepted(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++)
		__atomic_fetch_or(&acceptor->config.table->bitmap[word],
				  cvm_word_mask(word, first, last), __ATOMIC_RELEASE);
}

/* The bits are set: CPUs may accept them now, and those that wait for them do. */
static void unclaim_all(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++)
		cvm_unclaim_units(acceptor, word, cvm_word_mask(word, first, last));
}

/* Growing the table. */

int cvm_table_plan_grown(const struct cvm_table *table, uint64_t end, struct cvm_table_plan *plan)
{
	uint64_t per_word = (uint64_t)table->unit_size * 64;

	cvm_clear(plan, sizeof(*plan));
	if (end < cvm_table_end(table))
		return CVM_EINVAL;
	if (end > CVM_PHYS_END)
		return CVM_ERANGE;
	plan->unit_size = table->unit_size;
	plan->base = table->phys_base;
	plan->end = end;
	plan->bytes = CVM_TABLE_HEADER + (end - plan->base + per_word - 1) / per_word * 8;
	return 0;
}

int cvm_acceptor_grow(struct cvm_acceptor *acceptor, const struct cvm_table_plan *plan,
		      struct cvm_table *table, size_t bytes, struct cvm_claim *claims)
{
	const struct cvm_table *old = acceptor->config.table;
	uint64_t words;
	int error;

	if (!old || !acceptor->config.claims || !claims || table == old ||
	    plan->base != old->phys_base || plan->unit_size != old->unit_size ||
	    plan->end < cvm_table_end(old))
		return CVM_EINVAL;
	error = cvm_table_init(table, bytes, plan);
	if (error)
		return error;
	words = (acceptor->units + 63) / 64;
	for (uint64_t word = 0; word < words; word++)
		table->bitmap[word] = old->bitmap[word] & cvm_word_mask(word, 0, acceptor->units);
	cvm_clear(claims, cvm_claims_bytes(table));
	cvm_copy(claims, acceptor->config.claims, cvm_claims_bytes(old));
	acceptor->config.table = table;
	acceptor->config.claims = claims;
	acceptor->units = table->size * 8;
	return 0;
}

/* Adding. */

/* Has this guest never had any of it, as far as the table says? */
static bool is_new(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end)
{
	uint64_t first = unit_number(acceptor, start), last = unit_number(acceptor, end);

	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t known = cvm_word(acceptor->config.table->bitmap, word) |
				 cvm_claimed(acceptor, word) | cvm_failed(acceptor, word);

		if (known & cvm_word_mask(word, first, last))
			return false;
	}
	return true;
}

static int add_new(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end)
{
	uint64_t first = unit_number(acceptor, start), last = unit_number(acceptor, end);
	unsigned long preempt_state;
	int error;

	if (!is_new(acceptor, start, end))
		return CVM_EINVAL;
	preempt_state = cvm_preempt_save(&acceptor->host);
	error = claim_all(acceptor, first, last);
	if (!error) {
		set_unaccepted(acceptor, first, last);
		unclaim_all(acceptor, first, last);
	}
	cvm_preempt_restore(&acceptor->host, preempt_state);
	return error;
}

/* Claim what is not claimed yet, of released units. Those that were, this acceptor has accepted. */
static void claim_rest(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word_mask(word, first, last);
		uint64_t accepted = bits & ~cvm_claim_units(acceptor, word, bits);

		CVM_ASSERT(!(cvm_failed(acceptor, word) & bits));
		for (; accepted; accepted &= accepted - 1)
			cvm_count(&acceptor->released, 1);
	}
}

/*
 * The list's lock under the hooks against preemption. A CPU does not wait under them: they may keep
 * the lock's holder from running.
 */
static unsigned long lock_unpreempted(struct cvm_share *share)
{
	const struct cvm_host *host = share_host(share);
	unsigned long preempt_state = cvm_preempt_save(host);

	while (!cvm_trylock(&share->lock, host)) {
		cvm_preempt_restore(host, preempt_state);
		cvm_relax(host, CVM_WAIT_LOCK, 0);
		preempt_state = cvm_preempt_save(host);
	}
	return preempt_state;
}

/* This CPU's claim in the list, of memory that is private now, is unaccepted memory from now on. */
static void become_unaccepted(struct cvm_share *share, uint64_t start, uint64_t end)
{
	struct cvm_acceptor *acceptor = share->config.acceptor;

	claim_rest(acceptor, unit_number(acceptor, start), unit_number(acceptor, end));
	for (uint64_t at = start, to; at < end; at = to) {
		unsigned long preempt_state = lock_unpreempted(share);
		uint64_t first = unit_number(acceptor, at), last;

		to = step_in_units(acceptor, at, end);
		last = unit_number(acceptor, to);
		/* Claimed and unaccepted: nothing accepts them before the list is right. */
		set_unaccepted(acceptor, first, last);
		cvm_share_list_settle(share, at, to, CVM_PRIVATE);
		share_unlock(share);
		unclaim_all(acceptor, first, last);
		cvm_preempt_restore(&acceptor->host, preempt_state);
	}
}

/* Memory that was released, all of it in one way. */
static int take_back(struct cvm_share *share, uint64_t start, uint64_t end,
		     enum cvm_share_state state, uint64_t *where)
{
	struct cvm_acceptor *acceptor = share->config.acceptor;
	struct cvm_platform *platform = acceptor->config.platform;
	uint64_t got = end, done = 0;
	int error;

	share_lock(share);
	error = cvm_share_list_claim(share, start, end, true);
	share_unlock(share);
	if (error)
		return error;
	if (state == CVM_RELEASED) {
		error = platform->set_private(platform, start, end, &done);
		if (!error && done != end - start)
			error = CVM_EIO;
		if (error)
			got = start + cvm_round_down(cvm_min(done, end - start),
						     acceptor->config.table->unit_size);
	}
	*where = got;
	if (start < got)
		become_unaccepted(share, start, got);
	share_lock(share);
	cvm_share_list_release(share, got, end);
	share_unlock(share);
	return error;
}

/* What is listed at `start`, up to *end; CVM_PRIVATE: nothing. */
static enum cvm_share_state listed_at(struct cvm_share *share, uint64_t start, uint64_t *end)
{
	uint64_t from = start, to = *end;
	enum cvm_share_state state;

	if (!cvm_share_next(share, &from, &to, &state))
		return CVM_PRIVATE;
	*end = from > start ? from : to;
	return from > start ? CVM_PRIVATE : state;
}

/* Can memory in that state be added? */
static int check_listed(enum cvm_share_state state)
{
	if (state == CVM_CONVERTING)
		return CVM_EBUSY;
	return state == CVM_SHARED ? CVM_EINVAL : 0;
}

/*
 * Claim a unit that is accepted while its bit stays clear, and whose list entry is this CPU's: else
 * it would look as memory that this guest never had, and be accepted once more (I2). It counts as
 * published then, while its bytes are counted where it is accepted.
 */
static int claim_clear(struct cvm_acceptor *acceptor, uint64_t gpa)
{
	uint64_t unit = unit_number(acceptor, gpa), bit = UINT64_C(1) << unit % 64;
	unsigned long preempt_state = cvm_preempt_save(&acceptor->host);
	int error = cvm_claim_units(acceptor, unit / 64, bit) ? 0 : CVM_EBUSY;

	if (!error && cvm_word(acceptor->config.table->bitmap, unit / 64) & bit) {
		/* Another CPU has added it meanwhile. */
		cvm_unclaim_units(acceptor, unit / 64, bit);
		error = CVM_EINVAL;
	}
	cvm_preempt_restore(&acceptor->host, preempt_state);
	if (!error)
		__atomic_fetch_sub(&acceptor->released, 1, __ATOMIC_RELAXED);
	return error;
}

/* A part of a unit, or all of it, in one state: private and accepted afterwards. */
static int add_part(struct cvm_share *share, uint64_t start, uint64_t end,
		    enum cvm_share_state state)
{
	struct cvm_acceptor *acceptor = share->config.acceptor;
	uint64_t unit = cvm_round_down(start, acceptor->config.table->unit_size);
	struct cvm_share_result result;
	int error;

	share_lock(share);
	error = state == CVM_PRIVATE
			? cvm_share_list_claim_private(share, start, end)
			: cvm_share_list_claim(share, start, end, state != CVM_SHARE_FAILED);
	share_unlock(share);
	if (error)
		return error;
	if (state == CVM_PRIVATE && !is_new(acceptor, start, end))
		error = CVM_EINVAL;
	else
		error = claim_clear(acceptor, unit);
	/* What was released may have been claimed when it was accepted the first time. */
	if (error == CVM_EBUSY && state != CVM_PRIVATE)
		error = 0;
	if (!error) {
		result.status = 0;
		return cvm_share_take(share, start, end, state, &result);
	}
	share_lock(share);
	cvm_share_list_release(share, start, end);
	share_unlock(share);
	return error;
}

/*
 * A unit that is accepted at once, while its bit is clear. What cannot be accepted stays in the
 * list; a part of it that is not listed was taken by an earlier call, which came no further.
 */
static int add_accepted(struct cvm_share *share, uint64_t start, uint64_t end)
{
	int error = 0;

	for (uint64_t at = start, to; at < end && !error; at = to) {
		enum cvm_share_state state;

		to = end;
		state = listed_at(share, at, &to);
		error = check_listed(state);
		if (error || (state == CVM_PRIVATE && (at > start || to < end)))
			continue;
		error = add_part(share, at, to, state);
	}
	return error;
}

static int add_run(struct cvm_share *share, uint64_t *at, uint64_t end)
{
	uint64_t unit = share->config.acceptor->config.table->unit_size, to = end;
	enum cvm_share_state state = listed_at(share, *at, &to);
	int error = check_listed(state);

	if (error)
		return error;
	/* An earlier call has stopped within this unit. */
	if (state == CVM_SHARE_FAILED || to - *at < unit) {
		error = add_accepted(share, *at, *at + unit);
		if (!error)
			*at += unit;
		return error;
	}
	to = cvm_round_down(to, unit);
	if (state != CVM_PRIVATE)
		return take_back(share, *at, to, state, at);
	to = step_in_units(share->config.acceptor, *at, to);
	error = add_new(share->config.acceptor, *at, to);
	if (!error)
		*at = to;
	return error;
}

int cvm_memory_add(struct cvm_share *share, uint64_t start, uint64_t end, uint64_t *where)
{
	const struct cvm_acceptor_config *config = &share->config.acceptor->config;
	uint64_t at = start;
	int error;

	if (where)
		*where = start;
	if (!check_units(share, start, end, &error))
		return error;
	error = 0;
	/*
	 * What ends where the range begins may be in use, or be so before this ends: its acceptance
	 * does not look at a guard whose bit is clear. So that guard must not become unaccepted.
	 */
	if (config->guard) {
		error = add_accepted(share, start, start + config->table->unit_size);
		if (!error)
			at = start + config->table->unit_size;
	}
	while (!error && at < end)
		error = add_run(share, &at, end);
	if (where)
		*where = at;
	return error;
}

/* Releasing. */

/* Units that no CPU has begun to accept, and none will. */
static int withdraw(struct cvm_share *share, uint64_t start, uint64_t end)
{
	struct cvm_acceptor *acceptor = share->config.acceptor;
	uint64_t first = unit_number(acceptor, start), last = unit_number(acceptor, end);
	unsigned long preempt_state = cvm_preempt_save(&acceptor->host);
	int error = claim_all(acceptor, first, last);

	if (!error) {
		/* They count as published by this acceptor from now on, and are not. */
		__atomic_fetch_sub(&acceptor->released, last - first, __ATOMIC_RELAXED);
		cvm_run_publish(acceptor, first, last);
	}
	cvm_preempt_restore(&acceptor->host, preempt_state);
	share_lock(share);
	cvm_share_list_settle(share, start, end, error ? CVM_PRIVATE : CVM_WITHDRAWN);
	cvm_share_list_release(share, end, end);
	share_unlock(share);
	return error;
}

static int release_run(struct cvm_share *share, uint64_t start, uint64_t end, bool unaccepted,
		       struct cvm_share_result *result)
{
	int error;

	share_lock(share);
	error = cvm_share_list_claim_private(share, start, end);
	share_unlock(share);
	if (error)
		return error;
	if (unaccepted)
		return withdraw(share, start, end);
	return cvm_share_convert(share, start, end, CVM_RELEASED, result);
}

int cvm_memory_release(struct cvm_share *share, uint64_t start, uint64_t end,
		       struct cvm_share_result *result)
{
	const struct cvm_acceptor *acceptor = share->config.acceptor;
	struct cvm_share_result unused;
	uint64_t at = start;
	int error;

	if (!result)
		result = &unused;
	result->where = start;
	result->status = result->left = 0;
	if (!check_units(share, start, end, &error))
		return error;
	do {
		bool unaccepted = cvm_table_any(acceptor->config.table, at, at + 1);
		uint64_t to =
			kind_end(acceptor, at, unaccepted ? step_in_units(acceptor, at, end) : end,
				 unaccepted);

		error = release_run(share, at, to, unaccepted, result);
		if (!error)
			at = to;
	} while (!error && at < end);
	CVM_ASSERT(error || cvm_is_shared(share, start, end));
	result->where = at;
	return error;
}
