/* SPDX-License-Identifier: MIT */
#include "accept.h"
#include "bitmap.h"
#include "internal.h"

/* The claim protocol: docs/claim.md has its states, order and obligations. */

/* The units that a range needs, as bit numbers; false: none is in the table. */
static inline bool units_of(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
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

/* Accept a unit that this CPU has claimed. */
static int accept_unit(struct cvm_acceptor *acceptor, uint64_t unit, enum cvm_cause cause)
{
	const struct cvm_table *table = acceptor->config.table;
	const struct cvm_events *events = acceptor->config.events;
	uint64_t start = table->phys_base + (unit << acceptor->unit_shift);
	uint64_t end = start + table->unit_size, began = cvm_accept_now(events);
	struct cvm_accept_result result;
	int error = cvm_accept_call(acceptor->config.platform, start, end, &result);

	/* One counter stands for all, and for the page allocator's units none: docs/claim.md. */
	if (!error && result.accepted[acceptor->unit_level] == acceptor->unit_pages && !events) {
		CVM_ASSERT(result.done == end - start);
		if (cause != CVM_CAUSE_PAGES)
			cvm_accept_count(&acceptor->whole[cause], 1);
		return 0;
	}
	error = cvm_accept_finish(acceptor,
				  &(const struct cvm_accept_work){ start, end, began, cause },
				  error, &result);
	cvm_accept_count(error ? &acceptor->stats.failed : &acceptor->stats.units, 1);
	return error;
}

/*
 * Accept units that this call needs, as bits of one word, but for those that somebody else has
 * claimed; *theirs says whether there are such.
 */
static int accept_word(struct cvm_acceptor *acceptor, uint64_t word, uint64_t bits,
		       enum cvm_cause cause, bool *theirs)
{
	struct cvm_claim *claim = acceptor->config.claims;
	uint64_t *unaccepted = &acceptor->config.table->bitmap[word];
	int result = 0;

	if (!claim)
		return CVM_EINVAL;
	claim += word;
	for (; bits; bits &= bits - 1) {
		unsigned index = (unsigned)__builtin_ctzll(bits);
		uint64_t bit = UINT64_C(1) << index;
		int error;

		/* The claim is one atomic operation and is never given back: it is won once. */
		if (__atomic_fetch_or(&claim->claimed, bit, __ATOMIC_ACQUIRE) & bit) {
			*theirs = true;
			continue;
		}
		CVM_ASSERT(cvm_word(unaccepted, 0) & bit);
		error = accept_unit(acceptor, word * 64 + index, cause);
		if (error) {
			__atomic_fetch_or(&claim->failed, bit, __ATOMIC_RELEASE);
			result = error;
			continue;
		}
		/* Publish. Release: whoever sees the bit clear may touch the memory. */
		__atomic_fetch_and(unaccepted, ~bit, __ATOMIC_RELEASE);
	}
	return result;
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
		cvm_accept_count(&acceptor->stats.waits, !waited);
		waited = true;
		relax(acceptor);
	}
	/* A hand-over clears the bits of lost units. */
	return __atomic_load_n(&claim->failed, __ATOMIC_ACQUIRE) & bit ? CVM_EREFUSED : 0;
}

/* Units [first, last): nobody waits with work of its own undone, so nobody waits for ever. */
static int settle_units(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last, bool wait)
{
	int result = 0;

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

static int accept_range(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
			enum cvm_cause cause, bool wait)
{
	uint64_t first, last;
	bool any_theirs = false;
	int result = 0;

	if (start > end)
		return CVM_EINVAL;
	if (!units_of(acceptor, start, end, &first, &last))
		return 0;

	/* First all that is ours: two CPUs with overlapping ranges share the work. */
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word) &
				cvm_word_mask(word, first, last);
		int error = bits ? accept_word(acceptor, word, bits, cause, &any_theirs) : 0;

		if (error)
			result = error;
	}
	/* Then what others have begun. */
	if (any_theirs) {
		int error = settle_units(acceptor, first, last, wait);

		if (!result)
			result = error;
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
