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
	cvm_clear(claims, cvm_claims_bytes(acceptor->config.table));
	acceptor->config.claims = claims;
}

__attribute__((noinline)) bool cvm_claim_by_units(struct cvm_claim *claim, unsigned index)
{
	uint64_t words = __atomic_load_n(&claim->words, __ATOMIC_ACQUIRE);

	do {
		if (words >> 2 * index & CVM_WORD_TAKEN)
			return words >> 2 * index & 2;
	} while (!__atomic_compare_exchange_n(&claim->words, &words,
					      words | CVM_WORD_BY_UNITS << 2 * index, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return true;
}

/* How many words from `word` on have all units unaccepted, up to `most`. */
static unsigned full_words(const struct cvm_acceptor *acceptor, uint64_t word, unsigned most)
{
	const uint64_t *bitmap = acceptor->config.table->bitmap;
	unsigned n = 0;

	while (n < most && cvm_word(bitmap, word + n) == ~UINT64_C(0))
		n++;
	return n;
}

uint64_t cvm_claim_words(struct cvm_acceptor *acceptor, uint64_t word, uint64_t most)
{
	struct cvm_claim *claim = cvm_claim_of(acceptor, word);
	unsigned index = cvm_claim_index(word), n, free;
	uint64_t words = __atomic_load_n(&claim->words, __ATOMIC_RELAXED), mask;

	n = full_words(acceptor, word, (unsigned)cvm_min(most, CVM_CLAIM_WORDS - index));
	do {
		for (free = 0; free < n && !(words >> 2 * (index + free) & CVM_WORD_TAKEN);)
			free++;
		if (!free)
			return 0;
		mask = ~UINT64_C(0) / 3 >> (64 - 2 * free) << 2 * index;
	} while (!__atomic_compare_exchange_n(&claim->words, &words, words | mask, true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	for (unsigned i = index; i < index + free; i++)
		__atomic_store_n(&claim->claimed[i], ~UINT64_C(0), __ATOMIC_RELAXED);
	return free;
}
