/* SPDX-License-Identifier: MIT */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <cvmem/accept.h>

#include "linux_scheme.h"

/*
 * A table of unaccepted memory with an acceptor over it, and the same memory once more under the
 * scheme of Linux; both make the same platform's calls.
 */

#define UNIT (UINT64_C(2) << 20)
#define BASE (UINT64_C(4) << 30)

enum hook {
	HOOK_COUNT, /* count the units, for one thread */
	HOOK_SLEEP, /* unit_ns for each unit, and count them */
	HOOK_ZERO,  /* clear real memory, as large as the units */
};

struct world {
	struct cvm_platform platform;
	enum hook hook;
	unsigned char *memory; /* of BASE, for HOOK_ZERO */
	uint64_t bytes;
	uint64_t unit_ns; /* 1 ms; 0: no sleep */
	uint64_t counted; /* units */
	uint64_t calls;	  /* with HOOK_COUNT */
	struct cvm_table *table;
	struct cvm_claim *claims;
	struct cvm_acceptor acceptor;
	struct linux_scheme *linux_scheme;
};

/* Memory from BASE on, whole units, all unaccepted. */
struct world *world_new(uint64_t bytes, enum hook hook, bool guard);
/* The longest run from now on, in bytes; 0: the default. */
void world_set_runs(struct world *world, uint64_t bytes);
/* Everything is unaccepted again, or accepted. */
void world_fill(struct world *world, bool unaccepted);
void world_free(struct world *world);

#endif
