/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_BASE_H
#define CVMEM_BASE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What all parts share: the version, errors, ranges, page sizes; and struct cvm_host, which is
 * everything that a port provides besides a platform (platform.h) and storage.
 *
 * Conventions of all headers:
 * - Addresses are guest-physical, in bytes, without the shared bit or C-bit. Ranges are
 *   [start, end).
 * - A unit is the granule of acceptance, for which the unaccepted table has one bit: 2 MiB by
 *   default (table.h). A page is 4 KiB.
 * - The library allocates nothing and has no global variables: the caller brings all storage,
 *   and it must be accepted memory.
 * - A comment "any CPU" means that any number of CPUs may call at once, without a lock of the
 *   caller's; "one CPU" means that the caller excludes every other use of the same structure.
 * - Members after a comment "private" belong to the library: neither read nor write them.
 */

#define CVM_VERSION 0x000200 /* major in bits 23:16, minor in 15:8, patch in 7:0 */

/*
 * Every function that can fail returns 0, or one of these negative codes. The comment of each
 * function lists the codes that it returns, and when.
 */
enum cvm_error {
	CVM_OK = 0,
	CVM_EINVAL = -1,   /* an argument, table or map breaks its documented form */
	CVM_ENOSPC = -2,   /* the caller's storage is too small; how much is enough is recorded */
	CVM_ENOMEM = -3,   /* no memory meets the request */
	CVM_ERANGE = -4,   /* an address beyond what the structure can describe */
	CVM_EBUSY = -5,	   /* another CPU holds it, and the call does not wait */
	CVM_EIO = -6,	   /* rejected by the platform or the host */
	CVM_EALREADY = -7, /* the platform reports that the page was accepted already (I2) */
	CVM_EVERSION = -8, /* a format version that this library does not know */
	CVM_ENODEV = -9,   /* not a confidential VM */
};

/* One short English sentence for a code; never NULL. Any CPU. */
const char *cvm_strerror(int error);

struct cvm_span {
	uint64_t start, end;
};

/* Page sizes; the values are those of TDG.MEM.PAGE.ACCEPT (TDX module ABI 1.5). */
enum cvm_level { CVM_LEVEL_4K, CVM_LEVEL_2M, CVM_LEVEL_1G, CVM_LEVELS };

static inline uint64_t cvm_level_bytes(enum cvm_level level)
{
	return UINT64_C(4096) << (9 * level);
}

/* What the host has done, as on_attack() is told. No well-behaved host can cause these. */
enum cvm_attack {
	/* An accept or PVALIDATE reports that the page was accepted already: its content may
	 * be another page's. status: the platform's raw status code, see tdx.h and snp.h. */
	CVM_ATTACK_ALREADY_ACCEPTED,
	/* Accepted memory faults: it was removed or replaced (fault.h). status: 0. */
	CVM_ATTACK_PAGE_GONE,
};

enum cvm_verdict { CVM_VERDICT_TERMINATE, CVM_VERDICT_CONTINUE };

/* What relax() is called for. */
enum cvm_wait {
	CVM_WAIT_UNIT,	/* another CPU is accepting the unit at gpa */
	CVM_WAIT_LOCK,	/* another CPU holds a spinlock of the library; gpa: 0 */
	CVM_WAIT_PAGES, /* another CPU is populating the page allocator; gpa: 0 */
};

/*
 * What a port provides. cvm_acceptor_init() copies it; the page allocator, conversions and faults
 * take it from the acceptor. Every member may be NULL, and so may a pointer to the whole.
 *
 * relax        Called repeatedly while another CPU has what is needed. It may yield to the
 *              scheduler only if every caller of the library may sleep. NULL: the CPU's pause
 *              instruction.
 * irq_save,    Around each spinlock of the library, for kernels whose interrupt handlers
 * irq_restore  allocate or convert memory: mask interrupts and return the previous state;
 *              restore it. Both or neither. NULL: the interrupt state stays as it is. Never
 *              held across a call of the platform.
 * preempt_save, Around each run of units that is accepted, from its claim to its publication, the
 * preempt_restore platform's call included, and around what hotplug.h claims, without such a call:
 *              keep every context off this CPU that may need memory to be accepted, and return
 *              the previous state; restore it. Both or neither; on any CPU, nested in irq_save
 *              where a handler accepts. NULL: nothing.
 *
 *              The rule: a context that waits for a unit must not keep the CPU that accepts it
 *              from running. Without these hooks a context of higher priority that interrupts the
 *              acceptance of a unit, and needs that unit, waits for ever, if the scheduler
 *              never runs the lower one meanwhile; so does an interrupt handler. With them,
 *              masking preemption is enough for threads. Where handlers call cvm_accept(), mask
 *              interrupts. They stay masked for a run: cvm_acceptor_config.run_bytes bounds it;
 *              in hotplug.h for as long as it takes to change the bits of 2048 units.
 * now_ns       A monotonic clock in nanoseconds, the same on all CPUs. Needed for recording
 *              events (accept.h). NULL: the reserve keeps its floor alone, without time limits.
 * cpu          The number of the calling CPU, for events. NULL: 0.
 * on_attack    What to do about an attack; gpa: the page. It may be called in the context of
 *              any accept or fault. NULL: CVM_VERDICT_TERMINATE. With it the library calls
 *              platform->terminate(), which does not return. With CVM_VERDICT_CONTINUE a page
 *              that was already accepted counts as accepted, and cvm_fault_handle() returns
 *              CVM_EALREADY.
 * ctx          Passed to all of them.
 */
struct cvm_host {
	void (*relax)(void *ctx, enum cvm_wait what, uint64_t gpa);
	unsigned long (*irq_save)(void *ctx);
	void (*irq_restore)(void *ctx, unsigned long flags);
	unsigned long (*preempt_save)(void *ctx);
	void (*preempt_restore)(void *ctx, unsigned long state);
	uint64_t (*now_ns)(void *ctx);
	unsigned (*cpu)(void *ctx);
	enum cvm_verdict (*on_attack)(void *ctx, enum cvm_attack what, uint64_t gpa,
				      uint64_t status);
	void *ctx;
};

/* private: the lock inside a structure. */
struct cvm_spinlock {
	uint32_t held;
	unsigned long irq_flags; /* the holder's */
};

#ifdef __cplusplus
}
#endif

#endif
