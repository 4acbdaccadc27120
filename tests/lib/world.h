/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_LIB_WORLD_H
#define CVMEM_TESTS_LIB_WORLD_H

#include <cvmem/accept.h>

#include "fake.h"
#include "job.h"

/* A fake platform with an acceptor over a table of it. */
struct world {
	struct fake *fake;
	struct cvm_table *table;
	struct cvm_claim *claims;
	struct cvm_acceptor acceptor;
};

/* Waits by letting other jobs run. */

/*
 * [base, base + units * unit) with the given bits: clear ones are accepted, all is RAM.
 * bits NULL: all set.
 */
struct world *world_new(uint64_t base, uint32_t unit, uint64_t units, const uint64_t *bits,
			bool guard);
/* The same with runs of so many units at most; world_new() has CVM_RUN_DEFAULT. */
struct world *world_in_runs(uint64_t base, uint32_t unit, uint64_t units, const uint64_t *bits,
			    bool guard, uint64_t run_units);
/* Set up again, after changes to config. */
void world_reset(struct world *world, const struct cvm_acceptor_config *config);
void world_free(struct world *world);

/* Is every set bit's unit untouched, every clear bit's wholly accepted, and nothing wrong? */
bool world_exact(struct world *world);

/* job->run functions; ctx: the world. */
int world_accept(struct job *job);
int world_try_accept(struct job *job);

#endif
