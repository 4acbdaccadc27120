/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_ACCEPT_INTERNAL_H
#define CVMEM_LIB_ACCEPT_INTERNAL_H

#include <cvmem/accept.h>

/*
 * Accept every byte of [start, end), which nobody else concerns himself with: a unit that
 * this CPU has claimed, or memory that was shared until now. Counts, and asks the policy about
 * pages that the platform calls accepted already. result->done is exact on errors too.
 */
int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result);

#endif
