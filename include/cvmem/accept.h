/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_ACCEPT_H
#define CVMEM_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/base.h>
#include <cvmem/platform.h>
#include <cvmem/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Acceptance: claim a run of units, call the platform once, publish the run by clearing its bits.
 * Any number of CPUs at once; no lock is held across the platform's call. A CPU that needs a
 * unit which another CPU is accepting waits for that unit alone, after it has accepted everything
 * that is unclaimed.
 *
 * A unit is claimed once: the claim stays, so that it cannot be accepted a second time (I2).
 * Its bit is cleared only after every byte of it is accepted (I4). docs/claim.md has the protocol.
 */

/* Why memory is accepted; the counters are kept by it. */
enum cvm_cause {
	CVM_CAUSE_EARLY,      /* allocated by the boot allocator */
	CVM_CAUSE_PAGES,      /* populating the page allocator, for an allocation */
	CVM_CAUSE_MEMMAP,     /* page descriptors */
	CVM_CAUSE_RESERVED,   /* outside the allocators: firmware's tables, a device's buffer */
	CVM_CAUSE_KEXEC,      /* where the next kernel is written */
	CVM_CAUSE_EAGER,      /* all memory, by policy */
	CVM_CAUSE_BACKGROUND, /* ahead of need */
	CVM_CAUSE_FAULT,      /* touched */
	CVM_CAUSE_FIRMWARE,   /* by firmware; for events that it records */
	CVM_CAUSE_UNALIGNED,  /* unaligned heads and tails, by a loader; likewise */
	CVM_CAUSE_UNSHARE,    /* it was shared, and is private again */
	CVM_CAUSES
};

/* A short name, as in the reports of `cvmem`; never NULL. Any CPU. */
const char *cvm_cause_name(enum cvm_cause cause);

#define CVM_CLAIM_WORDS 32

/* private: the state of 32 words of the table, that is of 2048 units, beside it. */
struct cvm_claim {
	uint64_t words; /* two bits a word: whether it is claimed as a whole or unit by unit */
	/* A bit for each unit. */
	uint64_t claimed[CVM_CLAIM_WORDS]; /* a CPU is accepting it, or has */
	uint64_t failed[CVM_CLAIM_WORDS];  /* and could not: it stays unaccepted for ever */
};

/*
 * The record of acceptance: when, on which CPU, what range, at what level, why. A ring in the
 * caller's memory that keeps the latest events; any number of CPUs write, without a lock, and
 * readers may read meanwhile. Without a ring the acceptor tests one pointer for each unit that it
 * accepts, and nothing on any other path.
 */
struct cvm_event {
	uint64_t sequence; /* 1 for the first event of the ring; 0: unused; ~0: being written */
	uint64_t time;	   /* when it began, by host.now_ns */
	uint64_t duration; /* of the platform's work, by the same clock */
	uint64_t start, end;
	uint32_t cpu;
	uint8_t cause; /* enum cvm_cause */
	uint8_t level; /* enum cvm_level: the largest pages in the range */
	uint16_t reserved;
};

struct cvm_events {
	/* private */
	struct cvm_event *slot;
	uint64_t slots; /* a power of two */
	uint64_t head;	/* events written so far, atomic */
};

/*
 * An empty ring over `bytes` bytes of storage, 8-byte aligned; as many slots as fit, rounded
 * down to a power of two. One CPU. CVM_EINVAL: alignment, or room for less than one event.
 */
int cvm_events_init(struct cvm_events *events, void *storage, size_t bytes);

/*
 * Write one event; its sequence is ignored. For code that accepts memory without an acceptor, such
 * as firmware. The event is dropped if a CPU has been writing to its slot for a whole round of the
 * ring. Any CPU.
 */
void cvm_events_add(struct cvm_events *events, const struct cvm_event *event);

/*
 * Copy the next event at or after *sequence (start with 1) and step *sequence past it. Events
 * that were overwritten are skipped. 0: none yet, or the next one is being written; one that was
 * dropped counts as the latter until it would have been overwritten. Any CPU.
 */
int cvm_events_next(const struct cvm_events *events, uint64_t *sequence, struct cvm_event *out);

struct cvm_acceptor_config {
	struct cvm_table *table; /* checked or built; NULL: everything is accepted */
	/* cvm_claims_bytes(table) bytes, 8-byte aligned; NULL: cvm_acceptor_set_claims() sets
	 * them later, and until then accepting what is unaccepted fails with CVM_EINVAL, except
	 * as follows. */
	struct cvm_claim *claims;
	/*
	 * Accept without claims, until they are set: for a kernel whose room for the claims is
	 * itself unaccepted. The bit is the claim, so the embedder guarantees that one CPU alone
	 * calls the acceptor, with interrupts masked; an exception handler that calls it meanwhile
	 * gets CVM_EBUSY. Queries, the guard, runs and counters are as later.
	 */
	bool single_cpu;
	struct cvm_platform *platform;
	const struct cvm_host *host; /* copied; NULL: all defaults (base.h) */
	/*
	 * The guard: also accept the unit behind a range that ends on a unit's boundary, for
	 * kernels that read a few bytes past the end of what they own (Linux:
	 * load_unaligned_zeropad()).
	 */
	bool guard;
	struct cvm_events *events; /* where acceptance is recorded; NULL: nowhere */
	/*
	 * The longest run: how many bytes one call of the platform accepts at most, rounded down to
	 * a power of two, and at least one unit. To a run of several units the guard is added.
	 * 0: CVM_RUN_DEFAULT.
	 *
	 * Long runs cost the platform fewer exits to the host, and reach larger pages: with 1 GiB,
	 * SNP exits 3 times for 1 GiB instead of 8 times, and TDX can accept pages of 1 GiB.
	 * But the units of a run become usable together, at its end. A CPU that needs one of them,
	 * if only as a guard, waits that long: for 1 GiB on TDX some 75 ms with pages of 2 MiB, and
	 * 650 ms with pages of 4 KiB. With 1 each unit, the guard included, has a call of its own,
	 * which keeps the wait shortest. Only calls for more than one unit are affected: a run
	 * has no unit that its caller does not need.
	 */
	uint64_t run_bytes;
};

#define CVM_RUN_DEFAULT (UINT64_C(128) << 20)

/* Exact at rest; while CPUs accept, off by no more than what they accept meanwhile. */
struct cvm_accept_stats {
	uint64_t bytes[CVM_CAUSES];	/* accepted, by cause */
	uint64_t accepted[CVM_LEVELS];	/* pages accepted, by level */
	uint64_t fallbacks[CVM_LEVELS]; /* attempts at a level that fell back to smaller pages */
	uint64_t units;			/* units published */
	uint64_t waits;		   /* units that another CPU was accepting and were waited for */
	uint64_t already_accepted; /* pages of which the platform reported that */
	uint64_t failed;	   /* units that could not be accepted */
};

struct cvm_pages; /* pages.h */

#define CVM_UNCLAIMED_FAILED 8

/* private: acceptance without claims. */
struct cvm_unclaimed {
	bool busy;
	uint64_t units;				      /* published */
	struct cvm_span failed[CVM_UNCLAIMED_FAILED]; /* bit numbers, in no order */
	uint64_t count;
};

struct cvm_acceptor {
	struct cvm_acceptor_config config; /* read only */
	/* private */
	struct cvm_host host;
	uint64_t phys_base; /* of the table */
	uint64_t units;	    /* bits of the bitmap */
	unsigned unit_shift;
	enum cvm_level unit_level; /* of the largest pages that make up a unit */
	uint64_t unit_pages;	   /* how many */
	uint64_t run_units;	   /* of the longest run, a power of two */
	bool quick; /* claims are set, no hook is called around a run, nothing is recorded */
	struct cvm_unclaimed unclaimed;
	struct cvm_pages *pages; /* the page allocators of this acceptor, atomic */
	/* Counters, all for cvm_acceptor_get_stats(). */
	uint64_t whole[CVM_CAUSES];    /* units accepted in such pages alone */
	struct cvm_accept_stats stats; /* without those */
	/* Published units that were released and are unclaimed again, without units that count as
	 * published and never were (hotplug.h). */
	uint64_t released;
};

/* Bytes of claims that a table needs: 520 for each 2048 units; 0 for NULL. */
size_t cvm_claims_bytes(const struct cvm_table *table);

/*
 * Once, before any other CPU uses the acceptor; clears the claims.
 * CVM_EINVAL: no platform, or one without accept() or terminate(); one of host->irq_save and
 * irq_restore, or of preempt_save and preempt_restore, without the other; or events without
 * host->now_ns. CVM_ERANGE: the table has unaccepted memory at or above platform->gpa_end.
 */
int cvm_acceptor_init(struct cvm_acceptor *acceptor, const struct cvm_acceptor_config *config);

/*
 * Set the claims of an acceptor that was set up without: a kernel gets the room for them from
 * the boot allocator, in memory that is accepted. Before any other CPU uses the acceptor. What was
 * accepted, or has failed, without claims stays so, and counts.
 */
void cvm_acceptor_set_claims(struct cvm_acceptor *acceptor, struct cvm_claim *claims);

/*
 * The table, and the claims if there are any (else NULL), are at other virtual addresses now, with
 * their content: a kernel has moved its direct map. The old addresses are not read. One CPU, while
 * no other call uses the acceptor or the table.
 * CVM_EINVAL: it is another table, by its header; claims where there were none, or the other way
 * round; or an address that is not 8-byte aligned.
 */
int cvm_acceptor_move(struct cvm_acceptor *acceptor, struct cvm_table *table,
		      struct cvm_claim *claims);

/*
 * When this returns 0, every byte of the pages that [start, end) touches is accepted, and with the
 * guard the unit behind, no matter which CPU did it. Bounds of any alignment. Memory outside the
 * table is accepted by definition. Cheap when there is nothing to do. Any CPU.
 *
 * May wait for other CPUs: never call it where the interrupted context may be in this function
 * (an interrupt handler): use cvm_accept_nowait() there.
 *
 * CVM_EINVAL: start > end, or there are no claims yet and not single_cpu. CVM_EBUSY: with
 * single_cpu, it was called within a call. CVM_EIO: the platform rejected a page
 * of some unit, now or before: that unit has failed, and the rest of the range is accepted. If the
 * platform broke its contract, for example by reporting success for a part, all units of that call
 * that it did not report as done have failed. CVM_EALREADY: as CVM_EIO, when platform->terminate()
 * returned, which it should not.
 */
int cvm_accept(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end, enum cvm_cause cause);

/*
 * The same, but never waits. CVM_EBUSY: another CPU is accepting some unit; the others
 * are accepted.
 */
int cvm_accept_nowait(struct cvm_acceptor *acceptor, uint64_t start, uint64_t end,
		      enum cvm_cause cause);

/* Would cvm_accept() of this range have anything to do or to wait for? Any CPU. */
bool cvm_is_unaccepted(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end);

/* Would it have to wait: is another CPU accepting some unit of it just now? Any CPU. */
bool cvm_accept_would_wait(const struct cvm_acceptor *acceptor, uint64_t start, uint64_t end);

/* Bytes that are unaccepted now, in the whole table. Reads all of the bitmap; any CPU. */
uint64_t cvm_unaccepted_bytes(const struct cvm_acceptor *acceptor);

/* Reads all claims: for reports. Any CPU. */
void cvm_acceptor_get_stats(const struct cvm_acceptor *acceptor, struct cvm_accept_stats *out);

#ifdef __cplusplus
}
#endif

#endif
