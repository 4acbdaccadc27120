/* SPDX-License-Identifier: MIT */
#include <cvmem/handover.h>

#include "bitmap.h"
#include "internal.h"

/*
 * Sealing a table. What a unit's bits mean while it is sealed (docs/claim.md has the others):
 *
 *   unaccepted claimed failed
 *       1         1      1     unaccepted, and refused to whoever asks
 *       0         1      1     lost: the next kernel is not told
 */

static uint64_t words(const struct cvm_acceptor *acceptor)
{
	return acceptor->config.claims ? (acceptor->units + 63) / 64 : 0;
}

/* The set bits of a word, without those that storage has behind the bitmap's end. */
static uint64_t unaccepted(const struct cvm_acceptor *acceptor, uint64_t word)
{
	return cvm_word(acceptor->config.table->bitmap, word) &
	       cvm_word_mask(word, 0, acceptor->units);
}

static uint64_t failed(const struct cvm_acceptor *acceptor, uint64_t word)
{
	return __atomic_load_n(&acceptor->config.claims[word].failed, __ATOMIC_ACQUIRE);
}

static uint64_t unit_gpa(const struct cvm_acceptor *acceptor, uint64_t unit)
{
	return acceptor->config.table->phys_base + (unit << acceptor->unit_shift);
}

/* The first conversion under way, or the first shared memory that may not go along. */
static bool shares_in_the_way(struct cvm_handover *handover)
{
	uint64_t start = 0, end = CVM_PHYS_END;
	enum cvm_share_state state;

	while (handover->share && cvm_share_next(handover->share, &start, &end, &state)) {
		if (state == CVM_CONVERTING ||
		    (state == CVM_SHARED && !(handover->flags & CVM_HANDOVER_RESERVE_SHARED))) {
			handover->where = start;
			return true;
		}
		start = end;
		end = CVM_PHYS_END;
	}
	return false;
}

static bool claims_in_flight(struct cvm_handover *handover)
{
	const struct cvm_acceptor *acceptor = handover->acceptor;

	for (uint64_t word = 0; word < words(acceptor); word++) {
		uint64_t claimed =
			__atomic_load_n(&acceptor->config.claims[word].claimed, __ATOMIC_RELAXED);
		uint64_t bits = claimed & ~failed(acceptor, word) & unaccepted(acceptor, word);

		if (bits) {
			uint64_t unit = word * 64 + (uint64_t)__builtin_ctzll(bits);

			handover->where = unit_gpa(acceptor, unit);
			return true;
		}
	}
	return false;
}

static void relax(const struct cvm_acceptor *acceptor)
{
	if (acceptor->config.relax)
		acceptor->config.relax(acceptor->config.ctx);
	else
		cvm_pause();
}

/* Claim what nobody has claimed, so that nobody can, and wait for the rest of the word. */
static void seal_word(struct cvm_acceptor *acceptor, uint64_t word)
{
	struct cvm_claim *claim = &acceptor->config.claims[word];
	uint64_t *bitmap = &acceptor->config.table->bitmap[word];
	uint64_t bits = unaccepted(acceptor, word);
	uint64_t sealed = bits & ~__atomic_fetch_or(&claim->claimed, bits, __ATOMIC_ACQUIRE);

	__atomic_fetch_or(&claim->failed, sealed, __ATOMIC_RELEASE);
	/* Failed first: a unit that fails in between still has its bit. */
	while (~failed(acceptor, word) & unaccepted(acceptor, word))
		relax(acceptor);
	__atomic_fetch_and(bitmap, ~(unaccepted(acceptor, word) & ~sealed), __ATOMIC_RELEASE);
}

int cvm_handover_seal(struct cvm_handover *handover)
{
	if (handover->sealed)
		return 0;
	if (shares_in_the_way(handover))
		return CVM_EBUSY;
	if (!(handover->flags & CVM_HANDOVER_WAIT) && claims_in_flight(handover))
		return CVM_EBUSY;
	for (uint64_t word = 0; word < words(handover->acceptor); word++)
		seal_word(handover->acceptor, word);
	handover->sealed = true;
	return 0;
}

void cvm_handover_cancel(struct cvm_handover *handover)
{
	const struct cvm_acceptor *acceptor = handover->acceptor;

	if (!handover->sealed)
		return;
	for (uint64_t word = 0; word < words(acceptor); word++) {
		struct cvm_claim *claim = &acceptor->config.claims[word];
		uint64_t sealed = unaccepted(acceptor, word);
		uint64_t lost = failed(acceptor, word) & ~sealed;

		__atomic_fetch_and(&claim->claimed, ~sealed, __ATOMIC_RELAXED);
		__atomic_fetch_and(&claim->failed, ~sealed, __ATOMIC_RELAXED);
		__atomic_fetch_or(&acceptor->config.table->bitmap[word], lost, __ATOMIC_RELEASE);
	}
	handover->sealed = false;
}

static bool is_lost(const struct cvm_acceptor *acceptor, uint64_t unit)
{
	return (failed(acceptor, unit / 64) & ~unaccepted(acceptor, unit / 64)) >> unit % 64 & 1;
}

/* The first run of lost units in [*start, *end), clipped. */
static bool lost_units(const struct cvm_acceptor *acceptor, uint64_t *start, uint64_t *end)
{
	const struct cvm_table *table = acceptor->config.table;
	uint64_t from, last, unit;

	if (!words(acceptor) || *end <= table->phys_base)
		return false;
	from = (cvm_max(*start, table->phys_base) - table->phys_base) >> acceptor->unit_shift;
	last = cvm_min(*end - 1 - table->phys_base, CVM_PHYS_END) >> acceptor->unit_shift;
	last = cvm_min(last + 1, acceptor->units);
	for (unit = from; unit < last && !is_lost(acceptor, unit); unit++)
		if (!(failed(acceptor, unit / 64) & ~unaccepted(acceptor, unit / 64)))
			unit |= 63;
	if (unit >= last)
		return false;
	*start = cvm_max(*start, unit_gpa(acceptor, unit));
	while (unit < last && is_lost(acceptor, unit))
		unit++;
	*end = cvm_min(*end, unit_gpa(acceptor, unit));
	return true;
}

static bool lost_shares(struct cvm_share *share, uint64_t *start, uint64_t *end)
{
	uint64_t from = *start, to = *end;
	enum cvm_share_state state;

	while (share && cvm_share_next(share, &from, &to, &state)) {
		if (state == CVM_SHARE_LOST) {
			*start = from;
			*end = to;
			return true;
		}
		from = to;
		to = *end;
	}
	return false;
}

bool cvm_handover_lost(struct cvm_handover *handover, uint64_t *start, uint64_t *end)
{
	uint64_t from = *start, to = *end;
	bool unit = handover->sealed && lost_units(handover->acceptor, start, end);

	if (!lost_shares(handover->share, &from, &to))
		return unit;
	if (!unit || from < *start) {
		*start = from;
		*end = to;
	}
	return true;
}
