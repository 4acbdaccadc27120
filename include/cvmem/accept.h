/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_ACCEPT_H
#define CVMEM_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/events.h>
#include <cvmem/platform.h>
#include <cvmem/unaccepted.h>

/*
 * Acceptance: claim a unit, make the platform's call, publish it by clearing its bit.
 * Any number of CPUs at once; no lock is held and no interrupt masked across the
 * platform's call. Whoever needs a unit that another CPU is accepting waits for that
 * unit alone, after having accepted all that nobody else has claimed.
 *
 * A unit is claimed once: the claim stays, so that it cannot be accepted a second time (I2).
 * Its bit is cleared only after every byte of it is accepted (I4).
 */

/* Why memory is accepted; the counters are kept by it. */
enum cvm_cause {
	CVM_CAUSE_EARLY,      /* the boot allocator handed it out */
	CVM_CAUSE_PAGES,      /* the page allocator took it */
	CVM_CAUSE_META,	      /* page descriptors */
	CVM_CAUSE_RESERVED,   /* no allocator owns it: firmware's tables, a device's buffer */
	CVM_CAUSE_KEXEC,      /* where the next kernel is written */
	CVM_CAUSE_EAGER,      /* all of it, because the policy says so */
	CVM_CAUSE_BACKGROUND, /* ahead of need */
	CVM_CAUSE_FAULT,      /* somebody touched it */
	CVM_CAUSE_FIRMWARE,   /* by firmware, for events of its own */
	CVM_CAUSE_EDGE,	      /* by a loader, for the stub's rules: likewise */
	CVM_CAUSE_UNSHARE,    /* it was shared, and is taken back */
	CVM_CAUSES
};

const char *cvm_cause_name(enum cvm_cause cause);

/* Two bits of state for each unit, beside the table: 64 units. */
struct cvm_claim {
	uint64_t claimed; /* somebody accepts it, or has */
	uint64_t failed;  /* and could not: it stays unaccepted for ever */
};

enum cvm_verdict { CVM_VERDICT_STOP, CVM_VERDICT_CONTINUE };

struct cvm_accept_config {
	struct cvm_table *table; /* checked or built; NULL: everything is accepted */
	/* cvm_claims_bytes(table) bytes, 8-byte aligned; NULL: cvm_acceptor_claims() brings
	 * them later, and until then what is not accepted is refused with CVM_EINVAL. */
	struct cvm_claim *claims;
	struct cvm_platform *platform;
	/*
	 * Also accept the unit behind a range that ends on a unit's boundary: for
	 * kernels that read a few bytes over the end of what they own (Linux's
	 * load_unaligned_zeropad()).
	 */
	bool guard;
	/* Called while waiting for another CPU; NULL: the CPU's pause instruction. */
	void (*relax)(void *ctx);
	/*
	 * The platform says that a page was accepted already, which a well-behaved host
	 * cannot bring about: its content may be another page's. NULL, or STOP: the
	 * guest stops. CONTINUE: the page counts as accepted.
	 */
	enum cvm_verdict (*on_double)(void *ctx, uint64_t gpa, uint64_t status);
	void *ctx;
	struct cvm_events *events; /* where acceptance is recorded; NULL: nowhere */
};

/* Exact at rest; while CPUs accept, off by no more than what they accept meanwhile. */
struct cvm_accept_stats {
	uint64_t bytes[CVM_CAUSES];    /* accepted, by cause */
	uint64_t accepted[CVM_LEVELS]; /* pages accepted, by level */
	uint64_t refused[CVM_LEVELS];  /* attempts that fell back to a smaller level */
	uint64_t units;		       /* units published */
	uint64_t waits;		       /* units that another CPU had claimed and were waited for */
	uint64_t doubles;	       /* pages that the platform called accepted already */
	uint64_t failed;	       /* units lost */
};

struct cvm_acceptor {
	struct cvm_accept_config config;
	uint64_t units; /* bits of the bitmap */
	unsigned unit_shift;
	enum cvm_level unit_level; /* of the largest pages that make up a unit */
	uint64_t unit_pages;	   /* how many */
	/* Counters, all for cvm_accept_stats(). */
	uint64_t whole[CVM_CAUSES];    /* units accepted in such pages alone */
	struct cvm_accept_stats stats; /* without those */
};

/* Bytes of claims that a table needs; 0 for NULL. */
size_t cvm_claims_bytes(const struct cvm_table *table);

/*
 * Once, before any other CPU uses the acceptor; clears the claims.
 * CVM_EINVAL: no platform.
 */
int cvm_acceptor_init(struct cvm_acceptor *acceptor, const struct cvm_accept_config *config);

/*
 * Give the claims of an acceptor that was set up without: a kernel finds room for them with
 * the boot allocator, in memory that is accepted. Before any other CPU uses the acceptor.
 */
void cvm_acceptor_claims(struct cvm_acceptor *acceptor, struct cvm_claim *claims);

/*
 * When this returns 0, every byte of the pages that [start, end) touches is accepted,
 * and with the guard the unit behind, whoever did it. Memory outside the table is accepted by
 * definition. Cheap when there is nothing to do.
 *
 * May wait for other CPUs: never call it where the CPU that it interrupted may be in this
 * function (an interrupt handler): there is cvm_try_accept().
 *
 * CVM_EINVAL: start > end, or there are no claims yet. CVM_EREFUSED: the platform refused some
 * unit, now or before: that unit is lost, what else of the range can be accepted is. CVM_EDOUBLE:
 * as CVM_EREFUSED, when platform->stop returned, which it should not.
 */
int cvm_accept(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end, enum cvm_cause cause);

/*
 * The same, but never waits. CVM_EBUSY: another CPU is accepting some unit; the others
 * are accepted.
 */
int cvm_try_accept(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		   enum cvm_cause cause);

/* Would cvm_accept() of this range have anything to do or to wait for? */
bool cvm_is_unaccepted(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end);

/* Would it have to wait: is another CPU accepting some unit of it just now? */
bool cvm_accept_would_wait(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end);

/* Bytes that are unaccepted now, in the whole table. */
uint64_t cvm_unaccepted_bytes(const struct cvm_acceptor *acceptor);

/* Looks through all claims: for reports. */
void cvm_accept_stats(const struct cvm_acceptor *acceptor, struct cvm_accept_stats *out);

#endif
