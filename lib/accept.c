/* SPDX-License-Identifier: MIT */
#include "accept_internal.h"
#include "bitmap.h"
#include "claim.h"
#include "lock.h"

/* The acceptor: which units a range needs, and claims on them. docs/claim.md has the protocol's
 * states, order and obligations. */

/* The largest power of two that is not above the value, which is not 0. */
static uint64_t power_of_two(uint64_t value)
{
	return UINT64_C(1) << (63 - __builtin_clzll(value));
}

int cvm_acceptor_init(struct cvm_acceptor *acceptor, const struct cvm_acceptor_config *config)
{
	const struct cvm_platform *platform = config->platform;
	const struct cvm_host *host = config->host;
	uint64_t run_bytes;

	if (!platform || !platform->accept || !platform->terminate ||
	    (host && (!host->irq_save != !host->irq_restore ||
		      !host->preempt_save != !host->preempt_restore)) ||
	    (config->events && !(host && host->now_ns)))
		return CVM_EINVAL;
	if (config->table && platform->gpa_end &&
	    cvm_table_any(config->table, platform->gpa_end, UINT64_MAX))
		return CVM_ERANGE;
	cvm_clear(acceptor, sizeof(*acceptor));
	cvm_copy(&acceptor->config, config, sizeof(*config));
	if (host)
		cvm_copy(&acceptor->host, host, sizeof(*host));
	if (!config->table)
		return 0;
	acceptor->phys_base = config->table->phys_base;
	acceptor->units = config->table->size * 8;
	acceptor->unit_shift = (unsigned)__builtin_ctz(config->table->unit_size);
	while (acceptor->unit_level + 1 < CVM_LEVELS &&
	       cvm_level_bytes(acceptor->unit_level + 1) <= config->table->unit_size)
		acceptor->unit_level++;
	acceptor->unit_pages = config->table->unit_size / cvm_level_bytes(acceptor->unit_level);
	run_bytes = cvm_max(config->run_bytes ? config->run_bytes : CVM_RUN_DEFAULT,
			    config->table->unit_size);
	acceptor->run_units = power_of_two(run_bytes >> acceptor->unit_shift);
	if (config->claims)
		cvm_acceptor_set_claims(acceptor, config->claims);
	return 0;
}

/* The units that a range needs, as bit numbers; false: none is in the table. */
static inline bool units_of(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
			    uint64_t *first, uint64_t *last)
{
	const struct cvm_table *table = acceptor->config.table;
	unsigned shift = acceptor->unit_shift;
	uint64_t unit_mask = (UINT64_C(1) << shift) - 1;

	if (!table || start >= end)
		return false;
	/* Round up to whole pages first: an unaligned end in the last page needs the guard as well.
	 */
	end = cvm_round_up(cvm_min(end, CVM_PHYS_END), CVM_PAGE_SIZE);
	if (acceptor->config.guard && !(end & unit_mask))
		end += unit_mask + 1;
	if (end <= table->phys_base)
		return false;
	*first = start > table->phys_base ? (start - table->phys_base) >> shift : 0;
	*last = cvm_min((end - table->phys_base + unit_mask) >> shift, acceptor->units);
	return *first < *last;
}

/* What a call has claimed and not accepted yet, and how it goes. */
struct run {
	struct cvm_acceptor *acceptor;
	uint64_t first, last; /* units [first, last) */
	uint64_t limit;	      /* where the run ends at the latest */
	uint64_t word, won;   /* units of a word that are claimed, and in no run yet */
	enum cvm_cause cause;
	int error;
	bool theirs; /* another CPU has claimed something that the call needs */
	bool masked; /* between preempt_save and preempt_restore */
	unsigned long preempt_state;
};

static void run_init(struct run *run, struct cvm_acceptor *acceptor, enum cvm_cause cause)
{
	run->acceptor = acceptor;
	run->first = run->last = run->limit = 0;
	run->word = run->won = 0;
	run->cause = cause;
	run->error = 0;
	run->theirs = run->masked = false;
	run->preempt_state = 0;
}

static void mask(struct run *run)
{
	if (run->masked)
		return;
	run->preempt_state = cvm_preempt_save(&run->acceptor->host);
	run->masked = true;
}

/*
 * all: nothing else is claimed. Out of line, as is the search for units, so that little is on the
 * stack during the platform's call.
 */
static __attribute__((__noinline__)) void run_end(struct run *run, bool all)
{
	int error;

	if (run->first != run->last) {
		error = cvm_run_accept(run->acceptor, run->first, run->last, run->cause);
		if (error)
			run->error = error;
		run->first = run->last;
	}
	if (all && run->masked) {
		cvm_preempt_restore(&run->acceptor->host, run->preempt_state);
		run->masked = false;
	}
}

/* The lowest bits that are set next to each other. */
static inline uint64_t lowest_run(uint64_t bits)
{
	return bits & ~(bits + (bits & -bits));
}

static inline uint64_t lowest(uint64_t bits)
{
	return (uint64_t)__builtin_ctzll(bits);
}

/* Behind the highest bit. */
static inline uint64_t bits_end(uint64_t bits)
{
	return 64 - (uint64_t)__builtin_clzll(bits);
}

/* The first unit of [unit, last) that is unaccepted, and *bits: with its neighbours in its word. */
static uint64_t find_unaccepted(const struct cvm_acceptor *acceptor, uint64_t unit, uint64_t last,
				uint64_t *bits)
{
	for (uint64_t word = unit / 64; unit < last; unit = ++word * 64) {
		*bits = cvm_word(acceptor->config.table->bitmap, word) &
			cvm_word_mask(word, unit, last);
		if (*bits)
			return word * 64 + lowest(*bits);
	}
	return last;
}

/*
 * Claim the next units of [unit, last) that are unaccepted: as many as there are side by side in
 * one word, or several words as a whole. In the first case what is claimed is in run->won, and may
 * have gaps; in the second the run ends behind it. Nothing is claimed if the run ends before that
 * unit. Returns where to go on.
 */
static __attribute__((__noinline__)) uint64_t claim_next(struct run *run, uint64_t unit,
							 uint64_t last)
{
	struct cvm_acceptor *acceptor = run->acceptor;
	uint64_t word, bits, wanted, n;

	unit = find_unaccepted(acceptor, unit, last, &bits);
	if (unit == last || (run->first != run->last && run->last != unit))
		return unit;
	if (run->first == run->last) {
		run->first = run->last = unit;
		run->limit = cvm_run_limit(acceptor, unit, last);
	}
	mask(run);
	word = unit / 64;
	if (bits == ~UINT64_C(0) && run->limit - unit >= 64) {
		n = (run->limit - unit) / 64;
		n = n == 1 ? cvm_claim_word(acceptor, word) : cvm_claim_words(acceptor, word, n);
		run->last += n * 64;
		if (n)
			return run->last;
	}
	wanted = lowest_run(bits);
	if (run->limit - word * 64 < 64)
		wanted &= ~(~UINT64_C(0) << run->limit % 64);
	run->word = word;
	run->won = cvm_claim_units(acceptor, word, wanted);
	if (run->won != wanted)
		run->theirs = true;
	return word * 64 + bits_end(wanted);
}

/* What is claimed of one word goes on with the run, or begins the next ones. */
static inline __attribute__((__always_inline__)) void run_add_won(struct run *run)
{
	while (run->won) {
		uint64_t piece = lowest_run(run->won), first = run->word * 64 + lowest(piece);

		run->won &= ~piece;
		if (run->last != first) {
			run_end(run, false);
			run->first = first;
		}
		run->last = run->word * 64 + bits_end(piece);
	}
}

/* Accept what is unaccepted of [unit, last), except what another CPU has claimed, in runs. */
static inline void accept_units(struct run *run, uint64_t unit, uint64_t last)
{
	while (unit < last) {
		unit = claim_next(run, unit, last);
		run_add_won(run);
		if (unit != run->last || unit == run->limit)
			run_end(run, true);
	}
}

/* Not an error: the unit is unclaimed again, since it was released and added meanwhile. */
#define UNCLAIMED 1

/* A unit that another CPU claimed first; with wait false, CVM_EBUSY instead of waiting. */
static int settle_unit(struct cvm_acceptor *acceptor, uint64_t unit, bool wait)
{
	uint64_t word = unit / 64, bit = UINT64_C(1) << unit % 64;
	bool waited = false;

	while (cvm_word(acceptor->config.table->bitmap, word) & bit) {
		if (cvm_failed(acceptor, word) & bit)
			return CVM_EIO;
		if (!wait)
			return CVM_EBUSY;
		cvm_count(&acceptor->stats.waits, !waited);
		waited = true;
		cvm_relax(&acceptor->host, CVM_WAIT_UNIT, cvm_unit_gpa(acceptor, unit));
		if (!(cvm_claimed(acceptor, word) & bit))
			return UNCLAIMED;
	}
	/* A hand-over clears the bits of failed units. */
	return cvm_failed(acceptor, word) & bit ? CVM_EIO : 0;
}

/* Units [first, last): no CPU waits before its own work is done, so none waits for ever. */
static __attribute__((__noinline__)) int settle_units(struct cvm_acceptor *acceptor, uint64_t first,
						      uint64_t last, bool wait)
{
	int result = 0;

	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word);

		bits |= cvm_failed(acceptor, word);
		bits &= cvm_word_mask(word, first, last);
		for (; bits; bits &= bits - 1) {
			uint64_t unit = word * 64 + (uint64_t)__builtin_ctzll(bits);
			int error = settle_unit(acceptor, unit, wait);

			if (error == UNCLAIMED)
				return error;
			if (error && !result)
				result = error;
		}
	}
	return result;
}

/* A call that has more to do than one run in one word, or lost a claim. won: what it has claimed,
 * in the first word. */
static __attribute__((__noinline__)) int accept_all(struct cvm_acceptor *acceptor, uint64_t first,
						    uint64_t last, enum cvm_cause cause, bool wait,
						    uint64_t won)
{
	struct run run CVM_UNINITIALIZED;
	int error;

	run_init(&run, acceptor, cause);
	run.word = first / 64;
	run.won = won;
	run_add_won(&run);
	run_end(&run, true);
	do {
		/* First all that is unclaimed: two CPUs with overlapping ranges share the work. */
		run.theirs = false;
		accept_units(&run, first, last);
		/* Then what other CPUs have begun. */
		error = run.theirs ? settle_units(acceptor, first, last, wait) : 0;
	} while (error == UNCLAIMED);
	return run.error ? run.error : error;
}

/* Units of one word side by side, which this CPU has claimed. */
static inline __attribute__((__always_inline__)) int
accept_bits(struct cvm_acceptor *acceptor, uint64_t word, uint64_t bits, enum cvm_cause cause)
{
	uint64_t first = word * 64 + lowest(bits), last = word * 64 + bits_end(bits);
	uint64_t start = cvm_unit_gpa(acceptor, first);
	uint64_t end = start + ((last - first) << acceptor->unit_shift);
	struct cvm_accept_result result CVM_UNINITIALIZED;
	int error = cvm_call_platform(acceptor->config.platform, start, end, &result);

	if (error || result.done != end - start ||
	    result.accepted[acceptor->unit_level] != (last - first) * acceptor->unit_pages)
		return cvm_run_finish(acceptor, first, last, cause, error, &result);
	cvm_run_count(acceptor, last - first, cause);
	/* Release: a CPU that observes a bit clear may touch the memory. */
	__atomic_fetch_and(&acceptor->config.table->bitmap[word], ~bits, __ATOMIC_RELEASE);
	return 0;
}

static int accept_range(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
			enum cvm_cause cause, bool wait)
{
	uint64_t first, last, word, bits, won = 0;

	if (start > end)
		return CVM_EINVAL;
	if (!units_of(acceptor, start, end, &first, &last))
		return 0;
	/* Mostly it is a few units side by side, and no other CPU needs them now. */
	word = first / 64;
	if (word == (last - 1) / 64 && acceptor->quick) {
		bits = cvm_word(acceptor->config.table->bitmap, word) &
		       ~UINT64_C(0) >> (64 - (last - first)) << first % 64;
		if (!bits)
			return 0;
		if (bits == lowest_run(bits) && last - first <= acceptor->run_units) {
			won = cvm_claim_units(acceptor, word, bits);
			if (won == bits)
				return accept_bits(acceptor, word, bits, cause);
		}
	}
	if (!acceptor->config.claims)
		return cvm_accept_unclaimed(acceptor, first, last, cause);
	return accept_all(acceptor, first, last, cause, wait, won);
}

int cvm_accept(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end, enum cvm_cause cause)
{
	return accept_range(acceptor, start, end, cause, true);
}

int cvm_accept_nowait(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
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
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word) &
				cvm_word_mask(word, first, last);

		if (bits & cvm_claimed(acceptor, word) & ~cvm_failed(acceptor, word))
			return true;
	}
	return false;
}

uint64_t cvm_unaccepted_bytes(const struct cvm_acceptor *acceptor)
{
	const struct cvm_table *table = acceptor->config.table;

	return table ? cvm_table_count(table, table->phys_base, cvm_table_end(table)) : 0;
}
