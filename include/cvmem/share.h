/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHARE_H
#define CVMEM_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/pages.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Conversion of private memory to shared and back, and the exact record of what is not
 * private: a sorted list of disjoint ranges in the caller's storage.
 *
 * The record is written before the platform is called and corrected when it has answered, so
 * that at no moment a page that is not private and accepted is missing in it. The storage for
 * every possible outcome is set aside before the first page is converted: bookkeeping cannot fail
 * half way. All functions but cvm_share_init(): any CPU; one spinlock, with the hooks of the
 * acceptor's host, guards the list and is never held across the platform's call.
 *
 * A block with shared memory cannot be freed: cvm_pages_free() and cvm_cache_free() fail with
 * CVM_EBUSY, whichever of the acceptor's page allocators the block belongs to. An allocator of the
 * embedder's own asks cvm_is_shared() before it frees.
 *
 * Ranges are 4 KiB aligned. Content is lost on both ways. Newly shared memory has undefined content
 * (clear it before the host may look at it: it could hold anything). Memory that is private again
 * reads as zero on TDX and as anything on SNP.
 *
 * The caller owns the range, has no mapping of it that is used meanwhile, and changes its own page
 * tables: from before the call of cvm_set_shared() nothing may touch the private view, and the
 * shared view may be touched only after it returned; the same the other way round.
 */

enum cvm_share_state {
	CVM_PRIVATE,	  /* not in the list: private, and accepted if its unit is */
	CVM_SHARED,	  /* accessible to host and guest */
	CVM_SHARE_FAILED, /* private again, but the platform did not accept it: touch neither view
			   */
	CVM_CONVERTING,	  /* being converted by another CPU: touch neither view */
	CVM_RELEASED,	  /* given to the host: cvm_memory_release() in hotplug.h */
	CVM_WITHDRAWN,	  /* the same, of memory that was never accepted: it is still private */
};

/* The list's entry. A crash kernel may read it: cvm_frame_shared(). */
struct cvm_shared {
	uint64_t start, end;
	uint32_t state; /* one of the above, without CVM_PRIVATE and CVM_CONVERTING */
	uint32_t busy;	/* converting; what it was before is in state */
};

struct cvm_share_config {
	struct cvm_acceptor *acceptor; /* for its platform, host, policy and counters */
	/* As many ranges as will be shared at once, neighbours counting as one; one more for
	 * each CPU that converts at the same time, and two spare. */
	struct cvm_shared *storage;
	size_t capacity;
};

struct cvm_share {
	size_t needed; /* after CVM_ENOSPC: a capacity that would have been enough */
	/* private */
	struct cvm_share_config config;
	struct cvm_spinlock lock;
	size_t count;
	size_t promised; /* entries set aside for conversions under way */
};

/* What stopped a conversion. Always set; without an error all 0 except `where`. */
struct cvm_share_result {
	uint64_t where;	 /* on error: the first page that the host or the platform rejected */
	uint64_t status; /* the platform's raw status code, if it was an accept */
	/* Bytes of the range that cvm_set_shared() could not undo, or that cvm_set_private() did
	 * not convert: they are not private and accepted. cvm_share_next() finds them. */
	uint64_t left;
};

/* One CPU. CVM_EINVAL: no acceptor, no storage, or a platform without set_shared() or
 * set_private(). */
int cvm_share_init(struct cvm_share *share, const struct cvm_share_config *config);

/*
 * Convert private memory to shared memory. Units that are unaccepted are accepted first (cause
 * CVM_CAUSE_RESERVED): a clear bit must mean "accepted unless the list has it" (I4). May
 * wait for other CPUs' acceptance, as cvm_accept() does.
 *
 * If the host rejects part of it, what was shared is made private and accepted again, and the call
 * fails with nothing changed except content. If that is rejected as well, those pages stay
 * CVM_SHARED, or CVM_SHARE_FAILED if they are private but could not be accepted; result->left
 * counts them, and cvm_set_private() may be tried again.
 *
 * CVM_EINVAL: start >= end, not aligned, beyond platform->gpa_end, part of it is shared or failed,
 * or part of it is free memory of one of the acceptor's page allocators. CVM_EBUSY: part of it is
 * being converted. CVM_ENOSPC: share->needed. In these cases nothing was done. CVM_EIO: as above
 * (also if the platform reports success for a part of the range), or a unit could not be accepted
 * (then nothing was converted). CVM_EALREADY: from the acceptance when something was undone, after
 * the host's on_attack, if platform->terminate() returned. result may be NULL.
 */
int cvm_set_shared(struct cvm_share *share, uint64_t start, uint64_t end,
		   struct cvm_share_result *result);

/*
 * Convert shared memory to private memory and accept it (cause CVM_CAUSE_UNSHARE). All of the
 * range must be CVM_SHARED or CVM_SHARE_FAILED; it need not be the range of one cvm_set_shared()
 * call. Of a failed part only the acceptance is tried again.
 *
 * Stops at the first rejection: what lies before result->where is private and accepted, and
 * cvm_share_next() describes the rest. A later call may continue from there.
 *
 * CVM_EINVAL: start >= end, not aligned, or part of it is private or released. CVM_EBUSY,
 * CVM_ENOSPC: as above. CVM_EIO, CVM_EALREADY: from the host, or from the acceptance after the
 * host's on_attack. result may be NULL.
 */
int cvm_set_private(struct cvm_share *share, uint64_t start, uint64_t end,
		    struct cvm_share_result *result);

/*
 * Register memory that was shared before this list began: a GHCB page, or what firmware shared.
 * Its unit must be accepted: accepting it later would give the shared page to the platform.
 * CVM_EINVAL: the unit of some page is unaccepted. Else the errors of cvm_set_shared() that come
 * before anything is done.
 */
int cvm_share_register(struct cvm_share *share, uint64_t start, uint64_t end);

/* Any CPU; this and the two below take the list's lock. Is any byte of [start, end) not
 * CVM_PRIVATE? Bounds of any alignment. */
bool cvm_is_shared(struct cvm_share *share, uint64_t start, uint64_t end);

/* The state of the page that holds gpa, of any alignment. */
enum cvm_share_state cvm_share_state_at(struct cvm_share *share, uint64_t gpa);

/*
 * The first range in [*start, *end) that is not private: narrows the two to it, clipped. false:
 * there is none. While CPUs convert, each answer was right at its moment.
 */
bool cvm_share_next(struct cvm_share *share, uint64_t *start, uint64_t *end,
		    enum cvm_share_state *state);

/*
 * For a crash kernel that reads a dead kernel's list: might this page be anything but private?
 * Takes no lock and does not rely on the list's order; it reads `capacity` entries, of which
 * cvm_share_init() has cleared the unused ones. Best effort: the dead kernel may have been changing
 * the list.
 */
bool cvm_frame_shared(const struct cvm_shared *storage, size_t capacity, uint64_t gpa);

#ifdef __cplusplus
}
#endif

#endif
