/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EVENTS_H
#define CVMEM_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include <cvmem/platform.h>

/*
 * A record of acceptance: when, on which CPU, what range, at what level, why. A ring in the
 * caller's memory that keeps the latest events; any number of CPUs write, without a lock, and
 * readers may read meanwhile. Free when off: without a ring the acceptor tests one pointer for
 * a unit that it accepts, and nothing on any other path.
 */

struct cvm_event {
	uint64_t sequence; /* 1 for the first event of the ring; 0: never written; ~0: in writing */
	uint64_t time;	   /* when it began, in the caller's clock */
	uint64_t duration; /* of the platform's work, in the same clock */
	uint64_t start, end;
	uint32_t cpu;
	uint8_t cause; /* enum cvm_cause */
	uint8_t level; /* enum cvm_level: the largest pages in the range */
	uint16_t reserved;
};

struct cvm_events {
	struct cvm_event *slot;
	uint64_t slots; /* a power of two */
	uint64_t head;	/* events written so far, atomic */
	uint64_t (*now)(void *ctx);
	unsigned (*cpu)(void *ctx); /* NULL: 0 */
	void *ctx;
};

/*
 * An empty ring over `bytes` bytes of storage, 8-byte aligned; as many slots as fit, rounded
 * down to a power of two. CVM_EINVAL: no clock, alignment, or room for less than one event.
 */
int cvm_events_init(struct cvm_events *events, void *storage, size_t bytes,
		    uint64_t (*now)(void *ctx), unsigned (*cpu)(void *ctx), void *ctx);

/* Write one event: for those who accept memory without an acceptor, such as firmware. began is
 * from events->now; the sequence, CPU and duration are filled in. The event is dropped if another
 * CPU has been writing to its slot since the ring was last round. */
void cvm_events_add(struct cvm_events *events, uint64_t began, uint64_t start, uint64_t end,
		    unsigned cause, enum cvm_level level);

/*
 * Copy the next event at or after *sequence (start with 1) and step *sequence past it. Events
 * that were overwritten are skipped. 0: none yet, or the next one is being written; one that was
 * dropped counts as the latter until it would have been overwritten.
 */
int cvm_events_next(const struct cvm_events *events, uint64_t *sequence, struct cvm_event *out);

#endif
