/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_SHARE_INTERNAL_H
#define CVMEM_LIB_SHARE_INTERNAL_H

#include <cvmem/share.h>

#include "internal.h"
#include "lock.h"

/*
 * share.c converts and keeps the marks in the page allocator; share_list.c keeps the exact record
 * of what is not private.
 */

static inline const struct cvm_host *share_host(const struct cvm_share *share)
{
	return &share->config.acceptor->host;
}

static inline void share_lock(struct cvm_share *share)
{
	cvm_lock(&share->lock, share_host(share));
}

static inline void share_unlock(struct cvm_share *share)
{
	cvm_unlock(&share->lock, share_host(share));
}

/* cvm_is_shared() for exception handlers. CVM_EBUSY: the lock is held, possibly by the interrupted
 * context. */
int cvm_share_try_is_shared(struct cvm_share *share, uint64_t start, uint64_t end);

/* share.c: has a page allocator any of it, free or allocated? */
bool cvm_share_is_owned(struct cvm_share *share, uint64_t start, uint64_t end);
/* Convert private, accepted memory that this caller has claimed in the list; it is in that state
 * then. Results and errors as for cvm_set_shared(). */
int cvm_share_convert(struct cvm_share *share, uint64_t start, uint64_t end,
		      enum cvm_share_state state, struct cvm_share_result *result);

/* Make private and accept memory that this caller has claimed in the list and that is in that
 * state; result->where: how far it got. */
int cvm_share_take(struct cvm_share *share, uint64_t start, uint64_t end,
		   enum cvm_share_state state, struct cvm_share_result *result);

/* The rest of share_list.c: all need the lock, and assert it. */

/* The first entry that ends after address; share->count if there is none. */
size_t cvm_share_list_find(const struct cvm_share *share, uint64_t address);

/*
 * Mark [start, end) as busy, for this caller alone, and set entries aside for every outcome:
 * private memory, as a new entry; or what is in the list already, split at both ends: released
 * memory, or all other. CVM_EBUSY, CVM_EINVAL (it is not all private, or not all listed so),
 * CVM_ENOSPC: nothing done.
 */
int cvm_share_list_claim_private(struct cvm_share *share, uint64_t start, uint64_t end);
int cvm_share_list_claim(struct cvm_share *share, uint64_t start, uint64_t end, bool released);

/* Part of what this caller has claimed is in that state now, and not busy any more. */
void cvm_share_list_settle(struct cvm_share *share, uint64_t start, uint64_t end,
			   enum cvm_share_state state);

/*
 * [start, end), the part of a claim that was not settled (start == end: none), is what it was
 * before; nothing is set aside any more. What was settled may be another's claim by now.
 */
void cvm_share_list_release(struct cvm_share *share, uint64_t start, uint64_t end);

#endif
