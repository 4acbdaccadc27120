/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HOTPLUG_H
#define CVMEM_HOTPLUG_H

#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/pages.h>
#include <cvmem/share.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Memory that comes and goes while the kernel runs: added by the host, given back to it, and taken
 * again. docs/hotplug.md has the states and their order.
 *
 *   hot-add    (cvm_acceptor_grow(), if the table does not cover it,) cvm_memory_add(), map the
 *              range, cvm_pages_add(). It is unaccepted until it is used.
 *   removal    cvm_pages_remove(), unmap the range, cvm_memory_release(), tell the host.
 *   added again  as a hot-add. A page is accepted again only after it was given to the host (I2).
 *
 * What is released is in the list of struct cvm_share, as memory that is not private: so it is
 * neither shared nor handed over (the next kernel's map has it as reserved), and no crash kernel
 * reads it (cvm_frame_shared()). The list needs an entry for each such range.
 *
 * What a port provides: the platform's set_shared() and set_private(), by which memory is given and
 * taken (TDX: MapGPA; SNP: PVALIDATE rescinds each page before the page-state change); and its own
 * page tables. The range has no private mapping from before cvm_memory_release() until after
 * cvm_memory_add(): a read that runs a few bytes past a neighbour's end (the guard, accept.h) is
 * then an ordinary page fault, as at any other hole.
 *
 * Ranges are whole units of the table.
 */

/*
 * The plan of a table that covers up to `end` as well: the old one's base and unit.
 * CVM_EINVAL: end lies below the old table's end. CVM_ERANGE: end > CVM_PHYS_END.
 */
int cvm_table_plan_grown(const struct cvm_table *table, uint64_t end, struct cvm_table_plan *plan);

/*
 * Another table, for memory beyond the end of this one: `table`, of plan->bytes or more, takes over
 * what the old one says, the rest of it is accepted, as what no table covers. claims: of
 * cvm_claims_bytes() for the new table, which may be asked for once this has failed with
 * CVM_ENOSPC, or computed from a table that cvm_table_init() has made from the plan. The layout is
 * Linux's, as before: pass the new address on (the EFI configuration table, kexec), and keep its
 * pages as cvm_handover_table_pages() says. The old storage is the caller's again.
 *
 * One CPU: no other CPU is in any call that uses the acceptor, its allocators or conversions
 * (Linux: stop_machine()), and none is frozen by cvm_handover_freeze().
 * CVM_EINVAL: the acceptor has no table or no claims (a kernel that may get more memory makes an
 * empty table at boot, from a plan of its own), the plan is not one of cvm_table_plan_grown(), or
 * alignment. CVM_ENOSPC: bytes < plan->bytes.
 */
int cvm_acceptor_grow(struct cvm_acceptor *acceptor, const struct cvm_table_plan *plan,
		      struct cvm_table *table, size_t bytes, struct cvm_claim *claims);

/*
 * The host has added memory, or gives back what was released: from now on it is private and
 * unaccepted, and is accepted when it is needed. With the guard the first unit is accepted at once:
 * what ends there may be in use. Memory that this guest never had must not be in use by anything:
 * it is what the table calls accepted because it does not exist. Any CPU; other CPUs may use the
 * rest of memory.
 *
 * *where (may be NULL): on error the first unit that was not added; those before it were.
 * CVM_EINVAL: start >= end, not whole units, no claims, or part of it is shared, or was accepted or
 * recorded as unaccepted before and not released since. CVM_ERANGE: the table does not cover it, or
 * it passes platform->gpa_end. CVM_EBUSY: a page allocator has part of it, or another CPU is
 * converting or adding part of it. CVM_ENOSPC: share->needed. CVM_EIO: the host does not make it
 * private again. CVM_EIO, CVM_EALREADY: the first unit could not be accepted; what is left of it is
 * CVM_SHARE_FAILED or CVM_RELEASED, and the rest was not tried. A later call may continue at
 * *where.
 */
int cvm_memory_add(struct cvm_share *share, uint64_t start, uint64_t end, uint64_t *where);

/*
 * Give memory back to the host. It is the caller's alone: no allocator has it (cvm_pages_remove()),
 * nothing maps it. Its content is lost. Units that are unaccepted are only withdrawn: nothing will
 * accept them, and the platform is not called. May wait for the share list's lock; never for
 * another CPU's acceptance. Any CPU.
 *
 * result (may be NULL) as for cvm_set_shared(): where: on error, what lies before is released.
 * The run of units at `where` is private and accepted as before, except for result->left bytes,
 * which stay CVM_SHARED or CVM_SHARE_FAILED.
 * CVM_EINVAL: start >= end, not whole units, no claims, or part of it is shared or released.
 * CVM_ERANGE: as above. CVM_EBUSY: a page allocator has part of it, or another CPU is accepting or
 * converting part of it. CVM_ENOSPC: share->needed. CVM_EIO: a unit has failed, so that nothing is
 * known about its pages; or rejected by the host. CVM_EALREADY: from undoing, as for
 * cvm_set_shared().
 */
int cvm_memory_release(struct cvm_share *share, uint64_t start, uint64_t end,
		       struct cvm_share_result *result);

/*
 * The balloon: gives free units of a page allocator to the host and takes them again. It holds no
 * lock; one CPU at a time for each balloon, while others use the allocator.
 */
struct cvm_balloon_config {
	struct cvm_pages *pages;
	struct cvm_share *share;
	/* A word for each unit that it may hold. */
	uint64_t *storage;
	size_t capacity;
	/* The embedder's page tables: before a unit is given, and after it was taken. The list has
	 * it as not private in between. NULL: nothing is mapped or unmapped. */
	void (*unmap)(void *ctx, uint64_t start, uint64_t end);
	void (*map)(void *ctx, uint64_t start, uint64_t end);
	void *ctx;
};

struct cvm_balloon {
	/* private */
	struct cvm_balloon_config config;
	size_t count;
	uint64_t next; /* the search continues below */
};

/* CVM_EINVAL: no allocator, share list, storage, table or claims. */
int cvm_balloon_init(struct cvm_balloon *balloon, const struct cvm_balloon_config *config);

/*
 * Give back whole units, up to `bytes`: accepted ones first, then unaccepted ones, from the highest
 * address down. *done: bytes that were given, also on error.
 * CVM_ENOMEM: no other unit is free. CVM_ENOSPC: the storage is full, or the share list's. Else the
 * errors of cvm_memory_release(); if all of the unit is private it is free memory again, or, where
 * the allocator has no room to note it, in the balloon until cvm_balloon_deflate() takes it.
 */
int cvm_balloon_inflate(struct cvm_balloon *balloon, uint64_t bytes, uint64_t *done);

/*
 * Take back whole units, up to `bytes` rounded up, the last ones first: free memory of the
 * allocator, unaccepted until it is used. Neighbours are added together; with the guard the first
 * of them is accepted at once. *done as above. CVM_ENOMEM: it holds no more, or the allocator has
 * no room to note a range. Else the errors of cvm_memory_add(). On an error the unit stays in the
 * balloon, and another call continues with it.
 */
int cvm_balloon_deflate(struct cvm_balloon *balloon, uint64_t bytes, uint64_t *done);

/* Bytes that it holds, including units that the host has not: see above. */
uint64_t cvm_balloon_bytes(const struct cvm_balloon *balloon);

#ifdef __cplusplus
}
#endif

#endif
