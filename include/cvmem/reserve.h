/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_RESERVE_H
#define CVMEM_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The reserve: how much accepted, free memory to keep ready, and the step that keeps it. The
 * library creates no thread. The embedder's idle loop or background thread calls
 * cvm_reserve_step() with a budget whenever it has time, and learns when to call again;
 * docs/reserve.md has a loop to copy.
 *
 * One reserve for each set of memory that allocations cannot leave: each NUMA node, each zone. What
 * is ready in one does not help an allocation from another: a reserve over a source that adds them
 * up would see its target met by one, and bring nothing into the others.
 *
 * Works from the first call on: nothing has to be configured or measured before. No lock is held
 * across the platform's call. All functions but cvm_reserve_init(): any CPU.
 */

/* Where the memory comes from: the page allocator (pages.h: cvm_pages_source_init()), or the
 * embedder's own. */
struct cvm_source {
	/* Bytes that are accepted and free, and bytes in use. Any CPU, at any time. */
	void (*sample)(struct cvm_source *source, uint64_t *ready, uint64_t *used);
	/*
	 * Accept one unit and make it free memory. *bytes: what became ready; 0 is not an error.
	 * No locks are held. CVM_ENOMEM: there is no more. Any other error: this unit has
	 * failed, the next may succeed.
	 */
	int (*populate)(struct cvm_source *source, enum cvm_cause cause, uint64_t *bytes);
	/* The low watermark, as cvm_pages_set_watermark(). NULL: the source cannot notify, and
	 * the embedder relies on sleep_ns. */
	bool (*set_watermark)(struct cvm_source *source, uint64_t below, void (*call)(void *ctx),
			      void *ctx);
	uint64_t unit_bytes; /* of one call of populate(), about */
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
	/* For its clock, now_ns: outlives the reserve; &acceptor.host, for example. NULL or no
	 * clock: the target is the floor, and budgets in nanoseconds have no effect. */
	const struct cvm_host *host;
	enum cvm_reserve_policy policy;
	/*
	 * The target: what the workload takes within the horizon at its present rate,
	 * but never less than the floor nor more than the ceiling. Bytes; 0: the values above.
	 */
	uint64_t floor, ceiling;
	uint64_t horizon_ns; /* 1 us to a minute; 0: the value above */
	/*
	 * Called by an allocation that finds the reserve below half its target or the floor,
	 * whichever is more, once after each step that returned CVM_STEP_SLEEP. It must do no
	 * more than wake the stepping thread. NULL: none.
	 */
	void (*wake)(void *ctx);
	void *wake_ctx;
};

/* What one step may do. Zeros: all that is needed, on an idle CPU. */
struct cvm_budget {
	unsigned units; /* calls of populate(); 0: any number */
	uint64_t ns;	/* none is begun after this time; 0: no limit */
	/*
	 * The share of the CPU's time that other work wants, 0 to 100. The part of the target
	 * above the floor shrinks with it, to nothing at 100; the floor itself is kept under any
	 * load, since allocations would have to pay for it otherwise. Eager ignores it.
	 */
	unsigned load;
};

enum cvm_step_next {
	CVM_STEP_AGAIN, /* the budget is spent: there is more to do */
	CVM_STEP_SLEEP, /* the target is met: call again after sleep_ns, or when woken */
	CVM_STEP_DONE,	/* nothing is left to populate, or the policy is lazy */
};

struct cvm_step {
	enum cvm_step_next next;
	unsigned units;	   /* populated */
	unsigned failed;   /* could not be accepted */
	uint64_t bytes;	   /* made ready */
	uint64_t sleep_ns; /* AGAIN: 0. DONE: UINT64_MAX; call again when memory is added */
};

struct cvm_reserve_stats {
	uint64_t target;       /* bytes, now, without load */
	uint64_t demand;       /* bytes that the workload takes within the horizon */
	uint64_t steps, wakes; /* calls of cvm_reserve_step(), of config.wake */
	uint64_t units, bytes, failed;
	uint64_t busy_ns; /* spent in populate(); 0 without a clock */
};

struct cvm_reserve {
	/* private */
	struct cvm_reserve_config config;
	uint32_t observing; /* a CPU updates the next three */
	uint64_t last_ns, last_used;
	uint64_t demand;    /* pages within the horizon */
	uint64_t in_flight; /* calls of populate() under way */
	bool exhausted;	    /* the last populate() found nothing */
	struct cvm_reserve_stats stats;
};

/* One CPU. CVM_EINVAL: no source, the floor is above the ceiling, or the horizon is not between a
 * microsecond and a minute. */
int cvm_reserve_init(struct cvm_reserve *reserve, const struct cvm_reserve_config *config);

/* Keep the reserve, within the budget. A unit that was begun is finished. */
void cvm_reserve_step(struct cvm_reserve *reserve, const struct cvm_budget *budget,
		      struct cvm_step *step);

/*
 * The same for several reserves, one for each node or zone: each unit goes to the one that has
 * the smallest part of its target. The budget is for all of them together; the clock is the first
 * one's.
 */
void cvm_reserve_step_nodes(struct cvm_reserve *reserves, size_t count,
			    const struct cvm_budget *budget, struct cvm_step *step);

/* Another policy, at any time; step afterwards. */
void cvm_reserve_set_policy(struct cvm_reserve *reserve, enum cvm_reserve_policy policy);

void cvm_reserve_get_stats(const struct cvm_reserve *reserve, struct cvm_reserve_stats *out);

#ifdef __cplusplus
}
#endif

#endif
