/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_SHARE_H
#define CVMEM_LIB_SHARE_H

#include <cvmem/share.h>

#include "internal.h"

/*
 * What the conversion's files share: share.c is the door, share_list.c the exact
 * record, share_pages.c the marks in the page allocator.
 */

static inline void share_lock(struct cvm_share *share)
{
	unsigned long flags = 0;

	if (share->config.irq_save)
		flags = share->config.irq_save(share->config.ctx);
	while (__atomic_exchange_n(&share->lock, 1, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(&share->lock, __ATOMIC_RELAXED)) {
			if (share->config.relax)
				share->config.relax(share->config.ctx);
			else
				cvm_pause();
		}
	}
	share->irq_flags = flags;
}

static inline void share_unlock(struct cvm_share *share)
{
	unsigned long flags = share->irq_flags;

	__atomic_store_n(&share->lock, 0, __ATOMIC_RELEASE);
	if (share->config.irq_restore)
		share->config.irq_restore(share->config.ctx, flags);
}

/* share_list.c: cvm_is_shared() for exception handlers. CVM_EBUSY: somebody has the lock, perhaps
 * who was interrupted. */
int share_try_is_shared(struct cvm_share *share, uint64_t start, uint64_t end);

/* The rest of share_list.c: all with the lock held. */

/* The first entry that ends after address; share->count if there is none. */
size_t share_find(const struct cvm_share *share, uint64_t address);

/*
 * Mark [start, end) as busy, for this caller alone, and set entries aside for every
 * outcome: private memory, as a new entry; or what is in the list already, split at both ends.
 * CVM_EBUSY, CVM_EINVAL (it is not all private, or not all listed), CVM_ENOSPC: nothing done.
 */
int share_claim_private(struct cvm_share *share, uint64_t start, uint64_t end);
int share_claim_listed(struct cvm_share *share, uint64_t start, uint64_t end);

/* Part of what this caller has claimed is in that state now, and not busy any more. */
void share_settle(struct cvm_share *share, uint64_t start, uint64_t end,
		  enum cvm_share_state state);

/*
 * [start, end), the part of a claim that was not settled (start == end: none), is what it was
 * before; nothing is set aside any more. What was settled may be another's claim by now.
 */
void share_release(struct cvm_share *share, uint64_t start, uint64_t end);

/*
 * share_pages.c, with the lock not held. Every allocated block counts how many of its pages
 * are not private, and is freed only when none is. Memory that is not the allocator's is passed
 * over. CVM_EINVAL: some of it is free memory; nothing is marked.
 */
int share_pages_mark(struct cvm_share *share, uint64_t start, uint64_t end);
void share_pages_unmark(struct cvm_share *share, uint64_t start, uint64_t end);

#endif
