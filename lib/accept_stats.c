/* SPDX-License-Identifier: MIT */
#include "accept_internal.h"
#include "bitmap.h"
#include "claim.h"

/* The acceptor's counters: docs/claim.md, Counters. */

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
	uint64_t count = 0, words = acceptor->config.claims ? (acceptor->units + 63) / 64 : 0;

	for (uint64_t word = 0; word < words; word++) {
		uint64_t bits = ~cvm_word(acceptor->config.table->bitmap, word);

		count += ones(bits & cvm_claimed(acceptor, word) & ~cvm_failed(acceptor, word));
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
	uint64_t left = published(acceptor) + acceptor->unclaimed.units + load(&acceptor->released);
	uint64_t whole[CVM_CAUSES] CVM_UNINITIALIZED;
	const uint64_t *from = (const uint64_t *)&acceptor->stats;
	uint64_t *to = (uint64_t *)out;

	for (size_t i = 0; i < sizeof(*out) / sizeof(*to); i++)
		to[i] = load(&from[i]);
	/* Not exact while units are being released. */
	if (left >> 63)
		left = 0;
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
