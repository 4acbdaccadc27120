/* SPDX-License-Identifier: MIT */
#include "accept.h"
#include "bitmap.h"
#include "internal.h"

/* The platform's call, the policy about what it says, and the counters of it all. */

/* The platform says that the page at result->where was accepted already (I2). */
static bool double_allowed(struct cvm_acceptor *acceptor, const struct cvm_accept_result *result)
{
	const struct cvm_accept_config *config = &acceptor->config;

	cvm_accept_count(&acceptor->stats.doubles, 1);
	if (config->on_double &&
	    config->on_double(config->ctx, result->where, result->status) == CVM_VERDICT_CONTINUE)
		return true;
	config->platform->stop(config->platform, CVM_STOP_DOUBLE_ACCEPT, result->where);
	return false;
}

int cvm_accept_finish(struct cvm_acceptor *acceptor, const struct cvm_accept_work *work, int error,
		      struct cvm_accept_result *result)
{
	const struct cvm_accept_config *config = &acceptor->config;
	enum cvm_level level = CVM_LEVEL_4K; /* of the largest page */
	uint64_t from = work->start;

	for (;;) {
		for (unsigned i = 0; i < CVM_LEVELS; i++) {
			cvm_accept_count(&acceptor->stats.accepted[i], result->accepted[i]);
			cvm_accept_count(&acceptor->stats.refused[i], result->refused[i]);
			if (result->accepted[i] && i > level)
				level = i;
		}
		if (!error) {
			CVM_ASSERT(result->done == work->end - from);
			break;
		}
		if (error != CVM_EDOUBLE || !double_allowed(acceptor, result)) {
			result->done += from - work->start;
			return error;
		}
		CVM_ASSERT(result->where >= from && result->where < work->end &&
			   result->where_bytes);
		from = result->where + result->where_bytes;
		if (from >= work->end)
			break;
		error = cvm_accept_call(config->platform, from, work->end, result);
	}
	cvm_accept_count(&acceptor->stats.bytes[work->cause], work->end - work->start);
	if (config->events)
		cvm_events_add(config->events, work->began, work->start, work->end, work->cause,
			       level);
	return 0;
}

int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result)
{
	const struct cvm_accept_work work = { start, end, cvm_accept_now(acceptor->config.events),
					      cause };
	int error = cvm_accept_call(acceptor->config.platform, start, end, result);

	return cvm_accept_finish(acceptor, &work, error, result);
}

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Sums in 2, 4 and 8 bits. No builtin: where the processor has no instruction that is a call. */
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

/*
 * Whole units for the page allocator are those that are published and that no counter holds. A
 * unit is counted before it is published, so with the counters read last they are never too many.
 */
void cvm_accept_stats(const struct cvm_acceptor *acceptor, struct cvm_accept_stats *out)
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
