/* SPDX-License-Identifier: MIT */
#include "bitmap.h"
#include "claim.h"
#include "internal.h"

/* Claims: their room, and what is not on the path of a call for a unit or two. */

size_t cvm_claims_bytes(const struct cvm_table *table)
{
	uint64_t words = table ? (table->size + 7) / 8 : 0;

	return (size_t)((words + CVM_CLAIM_WORDS - 1) / CVM_CLAIM_WORDS * sizeof(struct cvm_claim));
}

void cvm_acceptor_set_claims(struct cvm_acceptor *acceptor, struct cvm_claim *claims)
{
	const struct cvm_unclaimed *before = &acceptor->unclaimed;

	cvm_clear(claims, cvm_claims_bytes(acceptor->config.table));
	acceptor->config.claims = claims;
	acceptor->quick = !acceptor->host.preempt_save && !acceptor->config.events;
	for (uint64_t i = 0; i < before->count; i++) {
		for (uint64_t unit = before->failed[i].start; unit < before->failed[i].end;
		     unit++) {
			uint64_t bit = UINT64_C(1) << unit % 64;

			if (cvm_word(acceptor->config.table->bitmap, unit / 64) & bit)
				cvm_claim_fail(acceptor, unit / 64,
					       cvm_claim_units(acceptor, unit / 64, bit));
		}
	}
}

/* Without room for more, the last span covers what is between as well: that memory is lost. */
static void fail_unclaimed(struct cvm_unclaimed *unclaimed, uint64_t first, uint64_t last)
{
	struct cvm_span *span = &unclaimed->failed[CVM_UNCLAIMED_FAILED - 1];

	if (unclaimed->count < CVM_UNCLAIMED_FAILED) {
		span = &unclaimed->failed[unclaimed->count++];
		span->start = first;
		span->end = last;
	}
	span->start = cvm_min(span->start, first);
	span->end = cvm_max(span->end, last);
}

void cvm_units_fail(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last)
{
	if (!acceptor->config.claims) {
		fail_unclaimed(&acceptor->unclaimed, first, last);
		return;
	}
	for (; first < last; first++)
		cvm_claim_fail(acceptor, first / 64, UINT64_C(1) << first % 64);
}

uint64_t cvm_unclaimed_failed(const struct cvm_acceptor *acceptor, uint64_t unit, uint64_t *end)
{
	const struct cvm_unclaimed *unclaimed = &acceptor->unclaimed;
	uint64_t failed = 0;

	for (uint64_t i = 0; i < unclaimed->count; i++) {
		const struct cvm_span *span = &unclaimed->failed[i];

		if (span->start > unit)
			*end = cvm_min(*end, span->start);
		else if (span->end > unit)
			failed = cvm_max(failed, span->end);
	}
	return failed;
}

int cvm_acceptor_move(struct cvm_acceptor *acceptor, struct cvm_table *table,
		      struct cvm_claim *claims)
{
	if ((uintptr_t)table % 8 || (uintptr_t)claims % 8 || !acceptor->config.claims != !claims ||
	    !acceptor->config.table != !table)
		return CVM_EINVAL;
	if (!table)
		return 0;
	if (table->version != CVM_TABLE_VERSION || table->size * 8 != acceptor->units ||
	    table->phys_base != acceptor->phys_base ||
	    table->unit_size != UINT64_C(1) << acceptor->unit_shift)
		return CVM_EINVAL;
	acceptor->config.table = table;
	acceptor->config.claims = claims;
	return 0;
}

uint64_t cvm_claim_slowly(struct cvm_claim *claim, unsigned index, uint64_t bits)
{
	uint64_t words = __atomic_load_n(&claim->words, __ATOMIC_ACQUIRE);

	while (!(words >> 2 * index & CVM_WORD_TAKEN)) {
		uint64_t by_units = words | CVM_WORD_BY_UNITS << 2 * index;

		if (__atomic_compare_exchange_n(&claim->words, &words, by_units, true,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			words = by_units;
	}
	if ((words >> 2 * index & CVM_WORD_BY_UNITS) == CVM_WORD_BY_UNITS)
		return bits & ~__atomic_fetch_or(&claim->claimed[index], bits, __ATOMIC_ACQUIRE);
	return bits & __atomic_fetch_and(&claim->claimed[index], ~bits, __ATOMIC_ACQUIRE);
}

void cvm_unclaim_units(struct cvm_acceptor *acceptor, uint64_t word, uint64_t bits)
{
	struct cvm_claim *claim = cvm_claim_of(acceptor, word);
	unsigned index = cvm_claim_index(word);

	if (cvm_word_state(claim, index) == CVM_WORD_BY_UNITS)
		__atomic_fetch_and(&claim->claimed[index], ~bits, __ATOMIC_RELEASE);
	else
		__atomic_fetch_or(&claim->claimed[index], bits, __ATOMIC_RELEASE);
}

/* How many words from `word` on have all units unaccepted, up to `most`. */
static unsigned full_words(const struct cvm_acceptor *acceptor, uint64_t word, unsigned most)
{
	const uint64_t *bitmap = acceptor->config.table->bitmap;
	unsigned n = 0;

	/* The claim decides: what is read here may be old. */
	for (bitmap += word; n + 4 <= most; n += 4)
		if ((cvm_word(bitmap, n) & cvm_word(bitmap, n + 1) & cvm_word(bitmap, n + 2) &
		     cvm_word(bitmap, n + 3)) != ~UINT64_C(0))
			break;
	while (n < most && cvm_word(bitmap, n) == ~UINT64_C(0))
		n++;
	return n;
}

uint64_t cvm_claim_words(struct cvm_acceptor *acceptor, uint64_t word, uint64_t most)
{
	struct cvm_claim *claim = cvm_claim_of(acceptor, word);
	unsigned index = cvm_claim_index(word), n, free;
	uint64_t words = __atomic_load_n(&claim->words, __ATOMIC_RELAXED), taken, mask;

	n = full_words(acceptor, word, (unsigned)cvm_min(most, CVM_CLAIM_WORDS - index));
	do {
		taken = words >> 2 * index & ~UINT64_C(0) / 3;
		free = taken ? (unsigned)__builtin_ctzll(taken) / 2 : CVM_CLAIM_WORDS;
		free = free < n ? free : n;
		if (!free)
			return 0;
		mask = ~UINT64_C(0) / 3 >> (64 - 2 * free) << 2 * index;
	} while (!__atomic_compare_exchange_n(&claim->words, &words, words | mask, true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return free;
}
