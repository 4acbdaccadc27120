/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHARE_H
#define CVMEM_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/pages.h>

/*
 * Conversion of private memory to shared and back, and the exact record of what is not
 * private: a sorted list of disjoint ranges in the caller's storage.
 *
 * The record is written before the platform is asked and corrected when it has answered, so
 * that at no moment a page that is not private and accepted is missing in it. The storage for
 * every possible outcome is set aside before the first page is converted: bookkeeping cannot fail
 * half way. Any number of CPUs; one spinlock guards the list and is never held across the
 * platform's call.
 *
 * Addresses are guest-physical without the shared bit or C-bit, 4 KiB aligned; ranges are
 * [start, end). Content is lost on both ways. Newly shared memory has none that is defined (clear
 * it before the host may look at it: it could hold anything). Memory taken back reads as zero on
 * TDX and as anything on SNP.
 *
 * The caller owns the range, has no mapping of it that is used meanwhile, and changes its own page
 * tables: before cvm_share() is called nothing may touch the private view any more, and the shared
 * view only after it returned; the same the other way round.
 */

enum cvm_share_state {
	CVM_PRIVATE,	/* not in the list: private, and accepted if its unit is */
	CVM_SHARED,	/* the host's as much as the guest's */
	CVM_SHARE_LOST, /* private again, but the platform did not accept it: touch neither view */
	CVM_CONVERTING, /* some CPU is at it: touch neither view */
};

/* The list's entry. */
struct cvm_shared {
	uint64_t start, end;
	uint32_t state; /* CVM_SHARED or CVM_SHARE_LOST */
	uint32_t busy;	/* converting; what it was before is in state */
};

struct cvm_share_config {
	struct cvm_acceptor *acceptor; /* its platform converts, its policy and counters hold */
	/* As many ranges as will be shared at once, neighbours counting as one; one more for
	 * each CPU that converts at the same time, and two spare. */
	struct cvm_shared *storage;
	size_t capacity;
	/* The allocator whose blocks are shared: cvm_pages_free() refuses such a block. NULL: the
	 * embedder's own allocator asks cvm_is_shared() before it frees. */
	struct cvm_pages *pages;
	/* As in struct cvm_pages_config. */
	void (*relax)(void *ctx);
	unsigned long (*irq_save)(void *ctx);
	void (*irq_restore)(void *ctx, unsigned long flags);
	void *ctx;
};

struct cvm_share {
	struct cvm_share_config config;
	uint32_t lock;
	unsigned long irq_flags; /* the holder's */
	size_t count;
	size_t promised; /* entries set aside for conversions under way */
	size_t needed;	 /* after CVM_ENOSPC: a capacity that would have been enough */
};

/* What stopped a conversion. Always set; all 0 but `where` if nothing did. */
struct cvm_share_result {
	uint64_t where;	 /* on error: the first page that the host or the platform refused */
	uint64_t status; /* the platform's own word, if it was an accept */
	/* Bytes of the range that cvm_share() could not undo, or that cvm_unshare() did not take
	 * back: they are not private and accepted. cvm_share_next() says which. */
	uint64_t left;
};

/* CVM_EINVAL: no acceptor, or no storage. */
int cvm_share_init(struct cvm_share *share, const struct cvm_share_config *config);

/*
 * Turn private memory into shared memory. Units that are unaccepted are accepted first (cause
 * CVM_CAUSE_RESERVED): a clear bit must mean that nothing but the list says otherwise (I4). May
 * wait for other CPUs' acceptance, as cvm_accept() does.
 *
 * If the host refuses half way, what was shared is taken back and accepted again, and the call
 * fails with nothing changed except content. If it refuses that, too, those pages stay
 * CVM_SHARED, or CVM_SHARE_LOST if they could be taken back but not accepted; result->left counts
 * them, and cvm_unshare() may be tried again.
 *
 * CVM_EINVAL: start >= end, not aligned, beyond CVM_PHYS_END, part of it is shared or lost, or
 * (with pages) part of it is free memory. CVM_EBUSY: part of it is being converted.
 * CVM_ENOSPC: share->needed. In these cases nothing was done. CVM_EREFUSED: as above, or a unit
 * could not be accepted (then nothing was converted). CVM_EDOUBLE: from the acceptance when
 * something was undone, after the acceptor's policy, if platform->stop returned.
 * result may be NULL.
 */
int cvm_share(struct cvm_share *share, uint64_t start, uint64_t end,
	      struct cvm_share_result *result);

/*
 * Take shared memory back and accept it (cause CVM_CAUSE_UNSHARE). All of the range must be
 * CVM_SHARED or CVM_SHARE_LOST; it need not be what one cvm_share() call converted. Of a lost part
 * only the acceptance is tried again.
 *
 * Stops at the first refusal: what lies before result->where is private and accepted, and what
 * lies behind is as cvm_share_next() says. A later call may go on from there.
 *
 * CVM_EINVAL: start >= end, not aligned, or part of it is private. CVM_EBUSY, CVM_ENOSPC:
 * as above. CVM_EREFUSED, CVM_EDOUBLE: of the host, or of the acceptance after the acceptor's
 * policy.
 */
int cvm_unshare(struct cvm_share *share, uint64_t start, uint64_t end,
		struct cvm_share_result *result);

/*
 * Record memory that was shared before this list began: a GHCB page, or what firmware shared.
 * Errors as those of cvm_share() that come before anything is done.
 */
int cvm_share_adopt(struct cvm_share *share, uint64_t start, uint64_t end);

/* Is any byte of [start, end) something else than CVM_PRIVATE? */
bool cvm_is_shared(struct cvm_share *share, uint64_t start, uint64_t end);

enum cvm_share_state cvm_share_state(struct cvm_share *share, uint64_t gpa);

/*
 * The first range in [*start, *end) that is not private: narrows the two to it, clipped. false:
 * there is none. With several CPUs converting, each answer was right at its moment.
 */
bool cvm_share_next(struct cvm_share *share, uint64_t *start, uint64_t *end,
		    enum cvm_share_state *state);

/*
 * For a crash kernel that reads a dead kernel's list: might this page be something else than
 * private? Takes no lock and does not trust the list's order; `capacity` entries are looked at,
 * which storage beyond the list's end must have been cleared for. Best effort: the dead kernel may
 * have been changing the list.
 */
bool cvm_frame_shared(const struct cvm_shared *storage, size_t capacity, uint64_t gpa);

#endif
