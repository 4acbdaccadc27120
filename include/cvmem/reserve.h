/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_RESERVE_H
#define CVMEM_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>

/*
 * The reserve: how much accepted, free memory to keep ready, and the step that keeps it. The
 * library creates no thread. The embedder's idle loop or background thread calls
 * cvm_reserve_step() whenever it has time to give, with a budget, and is told when to
 * come back; docs/reserve.md has a loop to copy.
 *
 * Works from the first call on: nothing has to be configured or measured before. No lock is held
 * across the platform's call. Any number of CPUs may step at once.
 */

/* Where the memory comes from: cvm_pages (pages.h), or the embedder's own allocator. */
struct cvm_source {
	/* Bytes that are accepted and free, and bytes in use. Any CPU, at any time. */
	void (*sample)(struct cvm_source *source, uint64_t *ready, uint64_t *used);
	/*
	 * Bring one unit in. *bytes: what became ready; 0 is not an error. No locks are held.
	 * CVM_ENOMEM: there is no more. Any other error: this unit is lost, the next may do.
	 */
	int (*bring)(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes);
	/* As cvm_pages_watch(). NULL: the source tells nobody, and the embedder relies on sleep_ns.
	 */
	bool (*watch)(struct cvm_source *source, uint64_t below, void (*call)(void *ctx),
		      void *ctx);
	uint64_t unit_bytes; /* of one call of bring(), about */
};

enum cvm_reserve_policy {
	CVM_RESERVE_LAZY,	/* nothing ahead: memory is accepted when it is allocated */
	CVM_RESERVE_EAGER,	/* everything, as fast as the budgets allow */
	CVM_RESERVE_BACKGROUND, /* a target ahead of the workload */
};

#define CVM_RESERVE_FLOOR      (UINT64_C(32) << 20)
#define CVM_RESERVE_CEILING    (UINT64_C(1) << 30)
#define CVM_RESERVE_HORIZON_NS UINT64_C(250000000)

struct cvm_reserve_config {
	struct cvm_source *source;
	enum cvm_reserve_policy policy;
	/*
	 * The target: what the workload takes within the horizon at its present rate,
	 * but never less than the floor nor more than the ceiling. Bytes; 0: the values above.
	 */
	uint64_t floor, ceiling;
	uint64_t horizon_ns;
	/* Monotonic. NULL: the target is the floor, and budgets in nanoseconds have no effect. */
	uint64_t (*now_ns)(void *ctx);
	/*
	 * Called by an allocation that finds the reserve below half its target or the
	 * floor, whichever is more, once after each step that said CVM_STEP_SLEEP. It must do no
	 * more than wake the stepping thread. NULL: none.
	 */
	void (*wake)(void *ctx);
	void *ctx;
};

/* What one step may do. Zeros: all that is needed, on an idle CPU. */
struct cvm_budget {
	unsigned units; /* calls of bring(); 0: any number */
	uint64_t ns;	/* none is begun after this time; 0: no limit */
	/*
	 * How much of the CPU's time others want, 0 to 100. The part of the target above the
	 * floor shrinks with it, to nothing at 100; the floor itself is kept under any load, since
	 * allocations would have to pay for it otherwise. Eager ignores it.
	 */
	unsigned load;
};

enum cvm_step_next {
	CVM_STEP_AGAIN, /* the budget is spent: there is more to do */
	CVM_STEP_SLEEP, /* the target is met: come back after sleep_ns, or when woken */
	CVM_STEP_DONE,	/* nothing is left to bring in, or the policy is lazy */
};

struct cvm_step {
	enum cvm_step_next next;
	unsigned units;	   /* brought in */
	unsigned refused;  /* lost */
	uint64_t bytes;	   /* made ready */
	uint64_t sleep_ns; /* AGAIN: 0. DONE: UINT64_MAX; come back when memory is added */
};

struct cvm_reserve_stats {
	uint64_t target;       /* bytes, now, without load */
	uint64_t demand;       /* bytes that the workload takes within the horizon */
	uint64_t steps, wakes; /* calls of cvm_reserve_step(), of config.wake */
	uint64_t units, bytes, refused;
	uint64_t busy_ns; /* spent in bring(); 0 without a clock */
};

struct cvm_reserve {
	struct cvm_reserve_config config;
	uint32_t observing; /* a CPU updates the next three */
	uint64_t last_ns, last_used;
	uint64_t demand;    /* pages within the horizon */
	uint64_t in_flight; /* calls of bring() under way */
	bool exhausted;	    /* the last bring() found nothing */
	struct cvm_reserve_stats stats;
};

/* CVM_EINVAL: no source, or the floor is above the ceiling, or the horizon above a minute. */
int cvm_reserve_init(struct cvm_reserve *reserve, const struct cvm_reserve_config *config);

/* Keep the reserve, within the budget. A unit that was begun is finished. */
void cvm_reserve_step(struct cvm_reserve *reserve, const struct cvm_budget *budget,
		      struct cvm_step *step);

/*
 * The same for several reserves, one for each NUMA node: each unit goes to the one that has the
 * smallest part of its target. The budget is for all of them together.
 */
void cvm_reserve_step_nodes(struct cvm_reserve *reserves, size_t count,
			    const struct cvm_budget *budget, struct cvm_step *step);

/* Another policy, at any time; step afterwards. */
void cvm_reserve_set_policy(struct cvm_reserve *reserve, enum cvm_reserve_policy policy);

void cvm_reserve_stats(const struct cvm_reserve *reserve, struct cvm_reserve_stats *out);

#endif
