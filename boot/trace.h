/* SPDX-License-Identifier: MIT */
#ifndef BOOT_TRACE_H
#define BOOT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A recorded workload: the page allocations and frees of a real boot, one stream of operations for
 * each CPU of the recorded machine. docs/workload.md describes the format byte by byte.
 *
 * Every operation has a sequence number, its place in the order of the whole machine: the numbers 0
 * to ops - 1, each used once. Every allocation has an id: the allocations of the file in sequence
 * order are 0 to ids - 1. A free names an id that has been allocated at a smaller sequence number,
 * maybe by another stream: a CPU that replays its own stream waits for that allocation. As the
 * operation with the smallest sequence number that is not yet done never has to wait, CPUs that
 * take their streams in sequence order cannot deadlock.
 */

#define TRACE_MAX_STREAMS 32
#define TRACE_MAX_ORDER	  10

enum trace_kind {
	TRACE_ALLOC, /* allocate 4 KiB << order */
	TRACE_FREE,  /* free the whole allocation of the same id */
};

struct trace_op {
	enum trace_kind kind;
	unsigned order; /* of a free too: the order of the allocation */
	uint64_t id;
	uint64_t sequence;
};

struct trace {
	const uint8_t *data; /* the caller's; stays as it is while the trace is in use */
	size_t bytes;
	unsigned cpus;	    /* streams; 1 to TRACE_MAX_STREAMS */
	uint64_t ops;	    /* of all streams; at least 1 */
	uint64_t ids;	    /* allocations */
	uint64_t shell_ops; /* the shell was reached when this many operations had been done */

	/* Held before the first operation, beside the pages of the trace. */
	uint64_t kernel_bytes; /* the kernel's image, with its bss */
	uint64_t initrd_bytes; /* the initial file system, as loaded */
	uint64_t early_bytes;  /* other boot-time reservations and allocations */
	uint64_t memmap_bytes; /* the recorded kernel's page descriptors: not in early_bytes */

	/* What the recorder has counted; not checked against the operations. */
	uint64_t ram_bytes;  /* of the recorded machine */
	uint64_t peak_pages; /* 4 KiB pages allocated at the highest point, */
	uint64_t end_pages;  /* and after the last operation */
};

/* Where one stream is read; private to trace.c. */
struct trace_stream {
	const uint8_t *at, *end;
	uint64_t left;	    /* operations not yet decoded */
	uint64_t sequence;  /* of the last operation; all ones at the start */
	uint64_t allocated; /* the last id allocated by this stream; all ones at the start */
	uint64_t freed;	    /* the last id freed by this stream; all ones at the start */
	struct trace_op op; /* the next operation to hand out */
	bool ready;	    /* op is valid */
};

struct trace_cursor {
	uint64_t ids;
	unsigned streams; /* in use below */
	struct trace_stream stream[TRACE_MAX_STREAMS];
};

/*
 * Reads the header and decodes the whole file once, so that the cursors return only what keeps the
 * rules above. Two checks need memory in proportion to the ids, and are left to the caller: that no
 * id is freed twice, and that a free has the order of its allocation.
 *
 * CVM_EINVAL: not a trace, truncated, or not in the documented form. CVM_EVERSION: a trace of
 * another version. CVM_ENOSPC: more streams than TRACE_MAX_STREAMS.
 */
int trace_open(struct trace *trace, const void *data, size_t bytes);

/* Before the first operation of one CPU; cpu is below trace->cpus. */
void trace_start(const struct trace *trace, struct trace_cursor *cursor, unsigned cpu);

/*
 * Before the first operation of the streams first, first + step, first + 2 * step and so on,
 * merged in sequence order: virtual CPU v of n takes trace_start_merged(trace, cursor, v, n). A
 * first beyond the last stream gives no operation; step is at least 1.
 */
void trace_start_merged(const struct trace *trace, struct trace_cursor *cursor, unsigned first,
			unsigned step);

/* The next operation, or false after the last one. */
bool trace_next(struct trace_cursor *cursor, struct trace_op *op);

#endif
