/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FAULT_H
#define CVMEM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/map.h>
#include <cvmem/share.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Acceptance on fault, for kernels that want it: the handler of #VE (TDX: EPT violation on a
 * pending page, in a TD without SEPT_VE_DISABLE) or #VC (SNP: page not validated) calls
 * cvm_fault_handle(), and the instruction is executed again.
 *
 * What the handler needs must not fault itself: its code, its stack, the descriptor tables, the
 * CPU's own data, page tables, the acceptor, the table and its claims, this structure, the GHCB's
 * neighbours. The embedder declares these ranges, and cvm_fault_start() accepts them before the
 * first fault is served.
 *
 * A fault on memory that is accepted is an attack: the host has removed the page or put another
 * one in its place. Accepting that would give the guest a page whose content is gone or chosen, so
 * cvm_fault_handle() never does. One such fault is harmless, though: another CPU may have accepted
 * the unit after the instruction was executed here. So the first is resumed, which faults again if
 * it is an attack, and the second in a row on a unit is taken for one (or the 64th, on any units).
 */

struct cvm_fault_stats {
	uint64_t faults;   /* calls */
	uint64_t accepted; /* units that were accepted because they were touched */
	uint64_t ahead;	   /* bytes accepted ahead */
	uint64_t spurious; /* faults on memory that another CPU had accepted */
	uint64_t busy;	   /* CVM_EBUSY */
	uint64_t attacks;
};

/* One for each CPU; cvm_fault_init() clears it. Only that CPU uses it. */
struct cvm_fault_cpu {
	/* private */
	uint32_t depth; /* calls of cvm_fault_handle() that this CPU is in */
	uint32_t batch; /* units to accept ahead of the next fault, if it is at `next` */
	uint64_t next;	/* where a sequence of faults would continue */
	uint64_t last_spurious_unit; /* the last fault on accepted memory; 1: none */
	uint64_t spurious_streak;    /* such faults without another in between */
	struct cvm_fault_stats stats;
};

struct cvm_fault_config {
	struct cvm_acceptor *acceptor; /* with a table and claims */
	/* Declared RAM; NULL: the table's span, and faults outside it are not handled. */
	const struct cvm_map *map;
	struct cvm_share *share; /* NULL: nothing is ever shared */
	struct cvm_fault_cpu *cpu;
	unsigned cpus;
	/* The most units accepted ahead, after faults in ascending order: 1, 2, 4, ... Each such
	 * fault takes that much longer. 0: none. */
	unsigned max_batch;
	struct cvm_span *declared; /* storage for cvm_fault_declare() */
	size_t max_declared;
};

struct cvm_fault {
	/* private */
	struct cvm_fault_config config;
	size_t declared;
	bool started;
};

enum cvm_fault_flags {
	/*
	 * The context that faulted is not inside cvm_accept(), nor any other function of the
	 * library, and neither is one that it interrupted on this CPU: a plain thread. Only
	 * then does the call wait for another CPU.
	 */
	CVM_FAULT_MAY_WAIT = 1,
};

/* One CPU. CVM_EINVAL: no acceptor, table or claims; no CPUs; no room for declarations. */
int cvm_fault_init(struct cvm_fault *fault, const struct cvm_fault_config *config);

/*
 * Declare that [start, end) must be accepted before faults are served. One CPU, before
 * cvm_fault_start(). CVM_EINVAL: start >= end, end > CVM_PHYS_END, or started. CVM_ENOSPC:
 * max_declared ranges are declared.
 */
int cvm_fault_declare(struct cvm_fault *fault, uint64_t start, uint64_t end);

/*
 * Accept all that is declared (cause CVM_CAUSE_RESERVED) and serve faults from now on. One CPU.
 * CVM_EINVAL: nothing is declared: no handler runs without a stack; or a declared range is not RAM
 * of the map. CVM_EBUSY: part of one is shared. Else the errors of cvm_accept(). Faults are not
 * served after an error.
 */
int cvm_fault_start(struct cvm_fault *fault);

/* Serve no more faults: before a hand-over. Any CPU. */
void cvm_fault_stop(struct cvm_fault *fault);

/*
 * From the exception handler, on CPU `cpu` (0 to cpus - 1) with its number not changing meanwhile.
 * 0: execute the instruction again.
 * CVM_EBUSY: another CPU is accepting the unit, or a context that this one has interrupted is, and
 * waiting could last for ever. Execute the instruction again later, when that context had a
 * chance to run; in an interrupt handler or NMI, which cannot let it run, treat the fault as fatal.
 * CVM_ERANGE: not RAM: another handler's fault (MMIO). CVM_EINVAL: not started, no such CPU,
 * or the page is shared or failed: a bug in the code that touched its private address. CVM_EIO: the
 * unit has failed. CVM_EALREADY: an attack, after host.on_attack, here or in the acceptance.
 *
 * Never waits without CVM_FAULT_MAY_WAIT, nor when it is called from inside itself. Accepts the
 * faulting unit first, then up to max_batch unclaimed units behind it, none beyond the RAM range
 * or the table.
 */
int cvm_fault_handle(struct cvm_fault *fault, unsigned cpu, uint64_t gpa, unsigned flags);

/* Over all CPUs; exact while no fault is being served. Any CPU. */
void cvm_fault_get_stats(const struct cvm_fault *fault, struct cvm_fault_stats *out);

#ifdef __cplusplus
}
#endif

#endif
