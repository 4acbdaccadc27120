/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_DECIDE_H
#define TOOLS_WARM_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/guest/memory.h"

/*
 * The next step of `cvmem warm` from what was observed. No system calls and no clock: the caller
 * observes, asks, acts and repeats.
 *
 * Linux accepts a block of memory when an allocation finds less memory free and accepted in a zone
 * than the zone's promo mark (mm/page_alloc.c, cond_accept_memory()). So memory is taken and held
 * until all is accepted, a zone at a time, and a zone is never taken below its high mark: kswapd
 * wakes at the lower low mark.
 */

struct warm_limits {
	uint64_t keep;	     /* MemAvailable stays above */
	double max_pressure; /* percent of time in which tasks wait for memory */
	uint64_t rate;	     /* bytes to accept in a second; 0: no limit */
	unsigned max_cpu;    /* percent of a CPU for each worker, 1 to 100 */
	uint64_t burst;	     /* bytes to accept between two rests */
	uint64_t park;	     /* bytes left free and accepted beyond the promo mark in a rest */
	uint64_t slice;	     /* bytes to take between two observations */
	unsigned attempts;   /* retries without progress */
};

struct warm_view {
	uint64_t now_ns;
	const struct memory_state *memory;
	uint64_t held;	 /* bytes */
	double pressure; /* recent, in percent; negative: the kernel does not report it */
	uint64_t room;	 /* bytes left to this process by its control group */
	bool refused;	 /* the last take got less than requested */
};

enum warm_do {
	WARM_TAKE,  /* bytes, from node */
	WARM_REST,  /* give bytes back, wait: a part of the rest */
	WARM_YIELD, /* give everything back, wait */
	WARM_END,   /* give everything back; `why` is the reason to end */
};

enum warm_why {
	WARM_DONE,	  /* nothing is unaccepted */
	WARM_PACE,	  /* the limits of rate and CPU */
	WARM_PRESSURE,	  /* tasks wait for memory */
	WARM_RECLAIM,	  /* the kernel reclaims memory */
	WARM_AVAILABLE,	  /* MemAvailable is near its limit */
	WARM_MARK,	  /* a zone is down to its high mark */
	WARM_GROUP,	  /* the control group's limit */
	WARM_REFUSED,	  /* the kernel gives no memory */
	WARM_UNREACHABLE, /* the rest is in zones that processes cannot use */
	WARM_NEXT_NODE,	  /* the node is done */
	/* With --module: */
	WARM_STALLED,  /* the module makes no progress */
	WARM_UNLOADED, /* the module is not there any more */
	WARM_CHANGED,  /* another program has set the module's policy */
	WARM_WHYS,
};

struct warm_step {
	enum warm_do action;
	enum warm_why why;
	unsigned node;
	uint64_t bytes, wait_ns;
	uint64_t small; /* of the bytes to take: taken first, as small pages */
};

/* Begins as { 0 }; the caller reads yields and leaves the rest alone. */
struct warm_state {
	bool started, bursting;
	unsigned node;	     /* that is being taken from */
	uint64_t scanned;    /* memory_state.scanned that is known */
	uint64_t unaccepted; /* at the last progress */
	uint64_t useless;    /* bytes that were taken since, and are still held */
	unsigned failures;   /* yields since */
	uint64_t burst_unaccepted, burst_ns;
	uint64_t rest_end_ns; /* 0, or in the past: it does not rest */
	unsigned yields;
};

void warm_decide(const struct warm_limits *limits, const struct warm_view *view,
		 struct warm_state *state, struct warm_step *step);

/* "memory pressure" and the like. */
const char *warm_why_text(enum warm_why why);

#endif
