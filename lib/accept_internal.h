/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_ACCEPT_INTERNAL_H
#define CVMEM_LIB_ACCEPT_INTERNAL_H

#include <cvmem/accept.h>

/*
 * Accept every byte of [start, end), which no other CPU accesses: memory that was shared until now.
 * Counts, and applies the policy to pages that the platform reports as accepted already.
 * result->done is exact also on errors.
 */
int cvm_accept_owned(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		     enum cvm_cause cause, struct cvm_accept_result *result);

#endif
