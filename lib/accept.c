/* SPDX-License-Identifier: MIT */
#include "accept.h"
#include "bitmap.h"
#include "internal.h"

/* The claim protocol: docs/claim.md has its states, order and obligations. */

static void add(uint64_t *counter, uint64_t value)
{
	if (value)
		__atomic_fetch_add(counter, value, __ATOMIC_RELAXED);
}

/* The units that a range needs, as bit numbers; false: none is in the table. */
static bool units_of(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     uint64_t *first, uint64_t *last)
{
	const struct cvm_table *table = acceptor->config.table;
	unsigned shift = acceptor->unit_shift;
	uint64_t unit_mask = (UINT64_C(1) << shift) - 1;

	if (!table || start >= end)
		return false;
	/* Whole pages first, or an unaligned end would hide that the guard is due. */
	end = cvm_round_up(cvm_min(end, CVM_PHYS_END), CVM_PAGE_SIZE);
	if (acceptor->config.guard && !(end & unit_mask))
		end += unit_mask + 1;
	if (end <= table->phys_base)
		return false;
	*first = start > table->phys_base ? (start - table->phys_base) >> shift : 0;
	*last = cvm_min((end - table->phys_base + unit_mask) >> shift, acceptor->units);
	return *first < *last;
}

/* The platform says that the page at result->where was accepted already (I2). */
static bool double_allowed(struct cvm_acceptor *acceptor, const struct cvm_accept_result *result)
{
	const struct cvm_accept_config *config = &acceptor->config;

	add(&acceptor->stats.doubles, 1);
	if (config->on_double &&
	    config->on_double(config->ctx, result->where, result->status) == CVM_VERDICT_CONTINUE)
		return true;
	config->platform->stop(config->platform, CVM_STOP_DOUBLE_ACCEPT, result->where);
	return false;
}

int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result)
{
	struct cvm_platform *platform = acceptor->config.platform;
	struct cvm_events *events = acceptor->config.events;
	enum cvm_level level = CVM_LEVEL_4K; /* of the largest page */
	uint64_t from = start, began = events ? events->now(events->ctx) : 0;
	int error;

	do {
		cvm_clear(result, sizeof(*result));
		error = platform->accept(platform, from, end, result);
		for (unsigned i = 0; i < CVM_LEVELS; i++) {
			add(&acceptor->stats.accepted[i], result->accepted[i]);
			add(&acceptor->stats.refused[i], result->refused[i]);
			if (result->accepted[i] && i > level)
				level = i;
		}
		if (!error) {
			CVM_ASSERT(result->done == end - from);
			break;
		}
		if (error != CVM_EDOUBLE || !double_allowed(acceptor, result)) {
			result->done += from - start;
			return error;
		}
		CVM_ASSERT(result->where >= from && result->where < end && result->where_bytes);
		from = result->where + result->where_bytes;
	} while (from < end);
	add(&acceptor->stats.bytes[cause], end - start);
	if (events)
		cvm_events_add(events, began, start, end, cause, level);
	return 0;
}

/*
 * Accept one unit unless somebody else has claimed it; *theirs says so. The claim is
 * one atomic operation and is never given back, so it is won once.
 */
static int accept_unit(struct cvm_acceptor *acceptor, uint64_t unit, enum cvm_cause cause,
		       bool *theirs)
{
	struct cvm_table *table = acceptor->config.table;
	uint64_t bit = UINT64_C(1) << unit % 64;
	uint64_t start = table->phys_base + (unit << acceptor->unit_shift);
	struct cvm_accept_result result;
	struct cvm_claim *claim;
	int error;

	if (!acceptor->config.claims) {
		*theirs = false;
		return CVM_EINVAL;
	}
	claim = &acceptor->config.claims[unit / 64];
	*theirs = __atomic_fetch_or(&claim->claimed, bit, __ATOMIC_ACQUIRE) & bit;
	if (*theirs)
		return 0;
	CVM_ASSERT(cvm_word(table->bitmap, unit / 64) & bit);

	error = cvm_accept_owned(acceptor, start, start + table->unit_size, cause, &result);
	if (error) {
		add(&acceptor->stats.failed, 1);
		__atomic_fetch_or(&claim->failed, bit, __ATOMIC_RELEASE);
		return error;
	}
	add(&acceptor->stats.units, 1);
	/* Publish. Release: whoever sees the bit clear may touch the memory. */
	__atomic_fetch_and(&table->bitmap[unit / 64], ~bit, __ATOMIC_RELEASE);
	return 0;
}

static void relax(const struct cvm_acceptor *acceptor)
{
	if (acceptor->config.relax)
		acceptor->config.relax(acceptor->config.ctx);
	else
		cvm_pause();
}

/* A unit that is not ours and whose bit was set; with wait false, CVM_EBUSY instead of waiting. */
static int settle_unit(struct cvm_acceptor *acceptor, uint64_t unit, bool wait)
{
	const struct cvm_claim *claim = &acceptor->config.claims[unit / 64];
	uint64_t bit = UINT64_C(1) << unit % 64;
	bool waited = false;

	while (cvm_word(acceptor->config.table->bitmap, unit / 64) & bit) {
		if (__atomic_load_n(&claim->failed, __ATOMIC_ACQUIRE) & bit)
			return CVM_EREFUSED;
		if (!wait)
			return CVM_EBUSY;
		add(&acceptor->stats.waits, !waited);
		waited = true;
		relax(acceptor);
	}
	/* A hand-over clears the bits of lost units. */
	return __atomic_load_n(&claim->failed, __ATOMIC_ACQUIRE) & bit ? CVM_EREFUSED : 0;
}

static int accept_range(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
			enum cvm_cause cause, bool wait)
{
	uint64_t first, last;
	int result = 0;
	bool any_theirs = false;

	if (start > end)
		return CVM_EINVAL;
	if (!units_of(acceptor, start, end, &first, &last))
		return 0;

	/* First all that is ours: two CPUs with overlapping ranges share the work. */
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word) &
				cvm_word_mask(word, first, last);

		for (; bits; bits &= bits - 1) {
			uint64_t unit = word * 64 + (uint64_t)__builtin_ctzll(bits);
			bool theirs;
			int error = accept_unit(acceptor, unit, cause, &theirs);

			any_theirs |= theirs;
			if (error)
				result = error;
		}
	}
	if (!any_theirs)
		return result;

	/* Then what others have begun. Nobody waits with work of its own undone, so
	 * nobody waits for ever. */
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word);

		bits |= __atomic_load_n(&acceptor->config.claims[word].failed, __ATOMIC_ACQUIRE);
		bits &= cvm_word_mask(word, first, last);
		for (; bits; bits &= bits - 1) {
			uint64_t unit = word * 64 + (uint64_t)__builtin_ctzll(bits);
			int error = settle_unit(acceptor, unit, wait);

			if (error && !result)
				result = error;
		}
	}
	return result;
}

int cvm_accept(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end, enum cvm_cause cause)
{
	return accept_range(acceptor, start, end, cause, true);
}

int cvm_try_accept(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		   enum cvm_cause cause)
{
	return accept_range(acceptor, start, end, cause, false);
}

bool cvm_is_unaccepted(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t first, last;

	return units_of(acceptor, start, end, &first, &last) &&
	       cvm_few_bits_any(table->bitmap, first, last);
}

bool cvm_accept_would_wait(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end)
{
	uint64_t first, last;

	if (!acceptor->config.claims || !units_of(acceptor, start, end, &first, &last))
		return false;
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		const struct cvm_claim *claim = &acceptor->config.claims[word];
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word) &
				cvm_word_mask(word, first, last);

		bits &= __atomic_load_n(&claim->claimed, __ATOMIC_RELAXED);
		if (bits & ~__atomic_load_n(&claim->failed, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}
