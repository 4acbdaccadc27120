/* SPDX-License-Identifier: MIT */
#include "accept_internal.h"
#include "bitmap.h"
#include "internal.h"
#include "lock.h"

/* The acceptor: set up, claim, accept, publish, count. docs/claim.md has the protocol's states,
 * order and obligations. */

size_t cvm_claims_bytes(const struct cvm_table *table)
{
	return table ? (table->size + 7) / 8 * sizeof(struct cvm_claim) : 0;
}

int cvm_acceptor_init(struct cvm_acceptor *acceptor, const struct cvm_acceptor_config *config)
{
	const struct cvm_platform *platform = config->platform;
	const struct cvm_host *host = config->host;

	if (!platform || !platform->accept || !platform->terminate ||
	    (host && !host->irq_save != !host->irq_restore) ||
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
	acceptor->units = config->table->size * 8;
	acceptor->unit_shift = (unsigned)__builtin_ctz(config->table->unit_size);
	while (acceptor->unit_level + 1 < CVM_LEVELS &&
	       cvm_level_bytes(acceptor->unit_level + 1) <= config->table->unit_size)
		acceptor->unit_level++;
	acceptor->unit_pages = config->table->unit_size / cvm_level_bytes(acceptor->unit_level);
	if (config->claims)
		cvm_acceptor_set_claims(acceptor, config->claims);
	return 0;
}

void cvm_acceptor_set_claims(struct cvm_acceptor *acceptor, struct cvm_claim *claims)
{
	size_t count = cvm_claims_bytes(acceptor->config.table) / sizeof(*claims);

	for (size_t i = 0; i < count; i++) {
		claims[i].claimed = 0;
		claims[i].failed = 0;
	}
	acceptor->config.claims = claims;
}

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

struct work {
	uint64_t start, end;
	uint64_t began; /* now() */
	enum cvm_cause cause;
};

/* 0 if nothing is recorded. */
static uint64_t now(const struct cvm_acceptor *acceptor)
{
	return acceptor->config.events ? acceptor->host.now_ns(acceptor->host.ctx) : 0;
}

static void record(const struct cvm_acceptor *acceptor, const struct work *work,
		   enum cvm_level level)
{
	const struct cvm_host *host = &acceptor->host;
	struct cvm_event event;

	/* Field by field: compilers clear a structure of this size with memset(). */
	event.time = work->began;
	event.duration = host->now_ns(host->ctx) - work->began;
	event.start = work->start;
	event.end = work->end;
	event.cpu = host->cpu ? host->cpu(host->ctx) : 0;
	event.cause = (uint8_t)work->cause;
	event.level = (uint8_t)level;
	cvm_events_add(acceptor->config.events, &event);
}

static int call_platform(struct cvm_platform *platform, uint64_t start, uint64_t end,
			 struct cvm_accept_result *result)
{
	/* By name: for a few words a call or loop of cvm_clear() takes several times as long. */
	result->done = 0;
	for (unsigned i = 0; i < CVM_LEVELS; i++)
		result->accepted[i] = result->fallbacks[i] = 0;
	result->where = result->where_bytes = result->status = 0;
	return platform->accept(platform, start, end, result);
}

/* Does the platform keep its contract? Success means that all of the range is accepted. */
static bool is_sound(int error, const struct cvm_accept_result *result, uint64_t from, uint64_t end)
{
	if (error != CVM_EALREADY)
		return error;
	return result->where >= from && result->where < end && result->where_bytes;
}

/* After the first call, which ended with `error` and the result: policy, counters, record. */
static __attribute__((noinline)) int finish(struct cvm_acceptor *acceptor, const struct work *work,
					    int error, struct cvm_accept_result *result)
{
	const struct cvm_acceptor_config *config = &acceptor->config;
	enum cvm_level level = CVM_LEVEL_4K; /* of the largest page */
	uint64_t from = work->start;

	for (;;) {
		for (unsigned i = 0; i < CVM_LEVELS; i++) {
			cvm_count(&acceptor->stats.accepted[i], result->accepted[i]);
			cvm_count(&acceptor->stats.fallbacks[i], result->fallbacks[i]);
			if (result->accepted[i] && i > level)
				level = i;
		}
		if (!error && result->done == work->end - from)
			break;
		if (!is_sound(error, result, from, work->end))
			error = CVM_EIO;
		if (error != CVM_EALREADY || !may_continue(acceptor, result)) {
			result->done += from - work->start;
			return error;
		}
		from = result->where + result->where_bytes;
		if (from >= work->end)
			break;
		error = call_platform(config->platform, from, work->end, result);
	}
	cvm_count(&acceptor->stats.bytes[work->cause], work->end - work->start);
	if (config->events)
		record(acceptor, work, level);
	return 0;
}

int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result)
{
	const struct work work = { start, end, now(acceptor), cause };
	int error = call_platform(acceptor->config.platform, start, end, result);

	return finish(acceptor, &work, error, result);
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

/* Finish a unit, and count it: all but the common case. */
static __attribute__((noinline)) int finish_unit(struct cvm_acceptor *acceptor,
						 const struct work *work, int error,
						 struct cvm_accept_result *result)
{
	error = finish(acceptor, work, error, result);
	cvm_count(error ? &acceptor->stats.failed : &acceptor->stats.units, 1);
	return error;
}

static __attribute__((noinline)) int accept_recorded(struct cvm_acceptor *acceptor, uint64_t start,
						     uint64_t end, enum cvm_cause cause)
{
	const struct work work = { start, end, now(acceptor), cause };
	struct cvm_accept_result result;
	int error = call_platform(acceptor->config.platform, start, end, &result);

	return finish_unit(acceptor, &work, error, &result);
}

/* Accept a unit that this CPU has claimed. */
static int accept_unit(struct cvm_acceptor *acceptor, uint64_t unit, enum cvm_cause cause)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t start = table->phys_base + (unit << acceptor->unit_shift);
	uint64_t end = start + table->unit_size;
	struct cvm_accept_result result;
	int error;

	if (acceptor->config.events)
		return accept_recorded(acceptor, start, end, cause);
	error = call_platform(acceptor->config.platform, start, end, &result);
	/* The common case has one counter, and none for the page allocator's units: docs/claim.md.
	 */
	if (!error && result.accepted[acceptor->unit_level] == acceptor->unit_pages &&
	    result.done == end - start) {
		if (cause != CVM_CAUSE_PAGES)
			cvm_count(&acceptor->whole[cause], 1);
		return 0;
	}
	return finish_unit(acceptor, &(const struct work){ start, end, 0, cause }, error, &result);
}

/*
 * Accept the units of one word that this call needs, except those that another CPU has claimed;
 * *theirs: there are some.
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
		/* Publish. Release: a CPU that observes the bit clear may touch the memory. */
		__atomic_fetch_and(unaccepted, ~bit, __ATOMIC_RELEASE);
	}
	return result;
}

/* A unit that another CPU claimed first; with wait false, CVM_EBUSY instead of waiting. */
static int settle_unit(struct cvm_acceptor *acceptor, uint64_t unit, bool wait)
{
	const struct cvm_claim *claim = &acceptor->config.claims[unit / 64];
	uint64_t bit = UINT64_C(1) << unit % 64;
	bool waited = false;

	while (cvm_word(acceptor->config.table->bitmap, unit / 64) & bit) {
		if (__atomic_load_n(&claim->failed, __ATOMIC_ACQUIRE) & bit)
			return CVM_EIO;
		if (!wait)
			return CVM_EBUSY;
		cvm_count(&acceptor->stats.waits, !waited);
		waited = true;
		cvm_relax(&acceptor->host);
	}
	/* A hand-over clears the bits of failed units. */
	return __atomic_load_n(&claim->failed, __ATOMIC_ACQUIRE) & bit ? CVM_EIO : 0;
}

/* Units [first, last): no CPU waits before its own work is done, so none waits for ever. */
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

	/* First all that is unclaimed: two CPUs with overlapping ranges share the work. */
	for (uint64_t word = first / 64; word <= (last - 1) / 64; word++) {
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word) &
				cvm_word_mask(word, first, last);
		int error = bits ? accept_word(acceptor, word, bits, cause, &any_theirs) : 0;

		if (error)
			result = error;
	}
	/* Then what other CPUs have begun. */
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
		const struct cvm_claim *claim = &acceptor->config.claims[word];
		uint64_t bits = cvm_word(acceptor->config.table->bitmap, word) &
				cvm_word_mask(word, first, last);

		bits &= __atomic_load_n(&claim->claimed, __ATOMIC_RELAXED);
		if (bits & ~__atomic_load_n(&claim->failed, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

uint64_t cvm_unaccepted_bytes(const struct cvm_acceptor *acceptor)
{
	const struct cvm_table *table = acceptor->config.table;

	return table ? cvm_table_count(table, table->phys_base, cvm_table_end(table)) : 0;
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Sums in 2, 4 and 8 bits. No builtin: without a processor instruction that would be a call. */
static unsigned ones(uint64_t word)
{
	const uint64_t each2 = ~UINT64_C(0) / 3, each4 = ~UINT64_C(0) / 5;
	const uint64_t each8 = ~UINT64_C(0) / 17, bytes = ~UINT64_C(0) / 255;

	word -= word >> 1 & each2;
	word = (word & each4) + (word >> 2 & each4);
	return (unsigned)((((word + (word >> 4)) & each8) * bytes) >> 56);
}

/* The units that this acceptor has published: docs/claim.md has the table of the bits. */
static uint64_t published(const struct cvm_acceptor *acceptor)
{
	const struct cvm_claim *claim = acceptor->config.claims;
	uint64_t count = 0;

	for (uint64_t word = 0; claim && word < (acceptor->units + 63) / 64; word++, claim++) {
		uint64_t bits = ~cvm_word(acceptor->config.table->bitmap, word);

		count += ones(bits & load(&claim->claimed) & ~load(&claim->failed));
	}
	return count;
}

_Static_assert(sizeof(struct cvm_accept_stats) ==
		       (CVM_CAUSES + 2 * CVM_LEVELS + 4) * sizeof(uint64_t),
	       "cvm_acceptor_get_stats() copies words");

/*
 * Whole units for the page allocator are those that are published and that no counter holds. A
 * unit is counted before it is published, so with the counters read last they are never too many.
 */
void cvm_acceptor_get_stats(const struct cvm_acceptor *acceptor, struct cvm_accept_stats *out)
{
	uint64_t whole[CVM_CAUSES], left = published(acceptor);
	const uint64_t *from = (const uint64_t *)&acceptor->stats;
	uint64_t *to = (uint64_t *)out;

	for (size_t i = 0; i < sizeof(*out) / sizeof(*to); i++)
		to[i] = load(&from[i]);
	left -= cvm_min(left, out->units);
	for (unsigned cause = 0; cause < CVM_CAUSES; cause++) {
		whole[cause] = load(&acceptor->whole[cause]);
		left -= cvm_min(left, whole[cause]);
	}
	whole[CVM_CAUSE_PAGES] = left;
	for (unsigned cause = 0; cause < CVM_CAUSES; cause++) {
		out->bytes[cause] += whole[cause] << acceptor->unit_shift;
		out->accepted[acceptor->unit_level] += whole[cause] * acceptor->unit_pages;
		out->units += whole[cause];
	}
}

const char *cvm_cause_name(enum cvm_cause cause)
{
	switch (cause) {
	case CVM_CAUSE_EARLY:
		return "early";
	case CVM_CAUSE_PAGES:
		return "pages";
	case CVM_CAUSE_MEMMAP:
		return "descriptors";
	case CVM_CAUSE_RESERVED:
		return "reserved";
	case CVM_CAUSE_KEXEC:
		return "kexec";
	case CVM_CAUSE_EAGER:
		return "eager";
	case CVM_CAUSE_BACKGROUND:
		return "background";
	case CVM_CAUSE_FAULT:
		return "fault";
	case CVM_CAUSE_FIRMWARE:
		return "firmware";
	case CVM_CAUSE_UNALIGNED:
		return "edge";
	case CVM_CAUSE_UNSHARE:
		return "unshare";
	default:
		return "unknown";
	}
}
