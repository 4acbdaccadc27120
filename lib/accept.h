/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_ACCEPT_H
#define CVMEM_LIB_ACCEPT_H

#include <cvmem/accept.h>

/*
 * Accept every byte of [start, end), which nobody else concerns himself with: a unit that
 * this CPU has claimed, or memory that was shared until now. Counts, and asks the policy about
 * pages that the platform calls accepted already. result->done is exact on errors too.
 */
int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result);

/* Its two parts, for those who can do without the second. First the platform's call: */
static inline int cvm_accept_call(struct cvm_platform *platform, uint64_t start, uint64_t end,
				  struct cvm_accept_result *result)
{
	/* By name: for so few words a loop takes several times as long. */
	result->done = 0;
	for (unsigned i = 0; i < CVM_LEVELS; i++)
		result->accepted[i] = result->refused[i] = 0;
	result->where = result->where_bytes = result->status = 0;
	return platform->accept(platform, start, end, result);
}

struct cvm_accept_work {
	uint64_t start, end;
	uint64_t began; /* by the clock of the events, if there are any */
	enum cvm_cause cause;
};

static inline uint64_t cvm_accept_now(const struct cvm_events *events)
{
	return events ? events->now(events->ctx) : 0;
}

/* Then what follows from `error`, which the call for all of the work ended with, and its result. */
int cvm_accept_finish(struct cvm_acceptor *acceptor, const struct cvm_accept_work *work, int error,
		      struct cvm_accept_result *result);

static inline void cvm_accept_count(uint64_t *counter, uint64_t value)
{
	if (value)
		__atomic_fetch_add(counter, value, __ATOMIC_RELAXED);
}

#endif
