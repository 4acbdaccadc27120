/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_CLAIM_H
#define CVMEM_LIB_CLAIM_H

#include <cvmem/accept.h>

/*
 * Claims on units of the table. A word of 64 units is claimed unit by unit or, by one CPU, as a
 * whole, and that is decided once. Two bits of cvm_claim.words say which: none (neither yet), the
 * lower one (as a whole), both (by units). The operation that takes a word as a whole claims all
 * of its units: cvm_claim.claimed need not be written. In such a word it has the units that were
 * given back, and in a word claimed by units those that are claimed. docs/claim.md has the
 * protocol.
 */
#define CVM_WORD_TAKEN	  UINT64_C(1)
#define CVM_WORD_BY_UNITS UINT64_C(3)

/* The claims of a word, and its place in them. */
static inline struct cvm_claim *cvm_claim_of(const struct cvm_acceptor *acceptor, uint64_t word)
{
	return &acceptor->config.claims[word / CVM_CLAIM_WORDS];
}

static inline unsigned cvm_claim_index(uint64_t word)
{
	return word % CVM_CLAIM_WORDS;
}

static inline uint64_t cvm_word_state(const struct cvm_claim *claim, unsigned index)
{
	return __atomic_load_n(&claim->words, __ATOMIC_ACQUIRE) >> 2 * index & CVM_WORD_BY_UNITS;
}

static inline uint64_t cvm_claimed(const struct cvm_acceptor *acceptor, uint64_t word)
{
	const struct cvm_claim *claim = cvm_claim_of(acceptor, word);
	uint64_t state = cvm_word_state(claim, cvm_claim_index(word)), bits;

	if (!state)
		return 0;
	bits = __atomic_load_n(&claim->claimed[cvm_claim_index(word)], __ATOMIC_RELAXED);
	return state == CVM_WORD_BY_UNITS ? bits : ~bits;
}

static inline uint64_t cvm_failed(const struct cvm_acceptor *acceptor, uint64_t word)
{
	return __atomic_load_n(&cvm_claim_of(acceptor, word)->failed[cvm_claim_index(word)],
			       __ATOMIC_ACQUIRE);
}

/* cvm_claim_units() for the first claim in a word, or in one that was claimed as a whole. */
uint64_t cvm_claim_slowly(struct cvm_claim *claim, unsigned index, uint64_t bits);

/*
 * Claim units of one word; returns those that were unclaimed, which are the caller's now. A
 * claim is one atomic operation, and is not given back while the unit can be accepted.
 */
static inline uint64_t cvm_claim_units(struct cvm_acceptor *acceptor, uint64_t word, uint64_t bits)
{
	struct cvm_claim *claim = cvm_claim_of(acceptor, word);
	unsigned index = cvm_claim_index(word);

	if (cvm_word_state(claim, index) != CVM_WORD_BY_UNITS)
		return cvm_claim_slowly(claim, index, bits);
	return bits & ~__atomic_fetch_or(&claim->claimed[index], bits, __ATOMIC_ACQUIRE);
}

/*
 * Claim whole words from `word` on, at most `most`, as long as all 64 units of each are unaccepted
 * and unclaimed; returns how many.
 */
uint64_t cvm_claim_words(struct cvm_acceptor *acceptor, uint64_t word, uint64_t most);

/* The same for one word, all of whose units are unaccepted. */
static inline bool cvm_claim_word(struct cvm_acceptor *acceptor, uint64_t word)
{
	struct cvm_claim *claim = cvm_claim_of(acceptor, word);
	unsigned shift = 2 * cvm_claim_index(word);
	uint64_t words = __atomic_load_n(&claim->words, __ATOMIC_RELAXED);

	do {
		if (words >> shift & CVM_WORD_TAKEN)
			return false;
	} while (!__atomic_compare_exchange_n(&claim->words, &words,
					      words | CVM_WORD_TAKEN << shift, true,
					      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return true;
}

/* Units [first, last), which are the caller's, have failed; before there are claims, too. */
void cvm_units_fail(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last);

/*
 * Before there are claims: the end of the failed units that `unit` lies in; 0: it has not failed,
 * and *end is lowered to the first one behind it that has.
 */
uint64_t cvm_unclaimed_failed(const struct cvm_acceptor *acceptor, uint64_t unit, uint64_t *end);

/*
 * Units of one word, all of which are unaccepted or were released, and are the caller's, may be
 * claimed again (hotplug.c). After their bits are set.
 */
void cvm_unclaim_units(struct cvm_acceptor *acceptor, uint64_t word, uint64_t bits);

/* The units failed, and CPUs that wait for them are told. They are the caller's. */
static inline void cvm_claim_fail(struct cvm_acceptor *acceptor, uint64_t word, uint64_t bits)
{
	__atomic_fetch_or(&cvm_claim_of(acceptor, word)->failed[cvm_claim_index(word)], bits,
			  __ATOMIC_RELEASE);
}

#endif
