/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_ACCEPT_INTERNAL_H
#define CVMEM_LIB_ACCEPT_INTERNAL_H

#include <cvmem/accept.h>

#include "internal.h"

/*
 * What the acceptor's files share. accept.c finds the units that a range needs, and claims them;
 * accept_run.c makes the platform's calls for what is claimed, and publishes; accept_stats.c
 * counts.
 */

/*
 * Accept every byte of [start, end), which no other CPU accesses: memory that was shared until now.
 * Counts, and applies the policy to pages that the platform reports as accepted already.
 * result->done is exact also on errors.
 */
int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result);

static inline uint64_t cvm_unit_gpa(const struct cvm_acceptor *acceptor, uint64_t unit)
{
	return acceptor->phys_base + (unit << acceptor->unit_shift);
}

/*
 * Where a run that begins with this unit ends at the latest. Long ranges are cut where a run may
 * begin, so that the platform can use the largest pages.
 */
static inline uint64_t cvm_run_limit(const struct cvm_acceptor *acceptor, uint64_t first,
				     uint64_t last)
{
	uint64_t base = acceptor->config.table->phys_base >> acceptor->unit_shift;
	uint64_t units = acceptor->run_units;

	if (last - first <= units + (acceptor->config.guard && units > 1))
		return last;
	return ((base + first + units) & ~(units - 1)) - base;
}

static inline int cvm_call_platform(struct cvm_platform *platform, uint64_t start, uint64_t end,
				    struct cvm_accept_result *result)
{
	/* By name: for a few words a call or loop of cvm_clear() takes several times as long. */
	result->done = 0;
	for (unsigned i = 0; i < CVM_LEVELS; i++)
		result->accepted[i] = result->fallbacks[i] = 0;
	result->where = result->where_bytes = result->status = 0;
	return platform->accept(platform, start, end, result);
}

/* Clear the bits of units [first, last), all of which this CPU has claimed and accepted. */
void cvm_run_publish(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last);

/*
 * The common case: the first call for a run has accepted all of it, in the largest pages. It has
 * one counter, and none for the page allocator's units: docs/claim.md.
 */
static inline bool cvm_run_is_common(const struct cvm_acceptor *acceptor, uint64_t units, int error,
				     const struct cvm_accept_result *result)
{
	return !error && result->done == units << acceptor->unit_shift &&
	       result->accepted[acceptor->unit_level] == units * acceptor->unit_pages;
}

static inline void cvm_run_count(struct cvm_acceptor *acceptor, uint64_t units,
				 enum cvm_cause cause)
{
	if (cause != CVM_CAUSE_PAGES)
		cvm_count(&acceptor->whole[cause], units);
}

/* Accept and publish units [first, last), which this CPU has claimed. */
int cvm_run_accept(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last,
		   enum cvm_cause cause);

/*
 * The platform's first call for units [first, last) ended with `error` and the result, and not in
 * the common way: goes on until each of them is published or has failed. Nothing is recorded.
 */
int cvm_run_finish(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last,
		   enum cvm_cause cause, int error, struct cvm_accept_result *result);

/* cvm_accept() of units [first, last) while there are no claims. */
int cvm_accept_unclaimed(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last,
			 enum cvm_cause cause);

#endif
