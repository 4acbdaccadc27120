/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EARLY_H
#define CVMEM_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/map.h>

/*
 * The boot allocator: memory before pages exist. It knows the map, a list of what
 * is taken, and nothing else; what it hands out is accepted (I3). One CPU alone, or the
 * caller locks.
 */

struct cvm_taken {
	uint64_t start, end;
};

struct cvm_early {
	const struct cvm_map *map;
	struct cvm_acceptor *acceptor;
	struct cvm_taken *taken; /* sorted, disjoint, neighbours merged */
	size_t count, capacity;
	size_t needed; /* after CVM_ENOSPC: a capacity that is enough */
};

enum cvm_early_flags {
	CVM_EARLY_BOTTOM_UP = 0,
	CVM_EARLY_TOP_DOWN = 1,
	/* Look in memory that is accepted already, the guard unit included if there is one, and
	 * elsewhere only if it has none. */
	CVM_EARLY_PREFER_ACCEPTED = 2,
};

/*
 * Both map and acceptor are the caller's and outlive the allocator. RAM and unaccepted
 * ranges of the map are usable. storage: as many ranges as will be taken at once,
 * neighbours counting as one.
 */
void cvm_early_init(struct cvm_early *early, const struct cvm_map *map,
		    struct cvm_acceptor *acceptor, struct cvm_taken *storage, size_t capacity);

/*
 * Take [start, end), whatever is there, without accepting it: firmware's tables, the
 * kernel's own image. May overlap what is taken.
 * CVM_EINVAL: start >= end. CVM_ENOSPC: nothing is changed; early->needed.
 */
int cvm_early_reserve(struct cvm_early *early, uint64_t start, uint64_t end);

/* Give [start, end) back; it stays accepted. Parts that are not taken are left alone.
 * Errors as above: a hole in the middle of a range needs one more. */
int cvm_early_free(struct cvm_early *early, uint64_t start, uint64_t end);

/*
 * Find size bytes at a multiple of align in [min, max), take them and accept them.
 * The lowest address that fits, or the highest with CVM_EARLY_TOP_DOWN.
 * CVM_EINVAL: size 0, or align is not a power of two. CVM_ENOMEM: nothing fits.
 * CVM_ENOSPC: early->needed. CVM_EREFUSED: the memory could not be accepted; it stays
 * taken, so that the next call finds other memory.
 */
int cvm_early_alloc(struct cvm_early *early, uint64_t size, uint64_t align, uint64_t min,
		    uint64_t max, unsigned flags, uint64_t *gpa);

/*
 * Hand-over: the first free range of whole pages in [*start, CVM_PHYS_END), accepted or not.
 * Start with *start = 0 and go on with *start = *end. false: there are no more.
 */
bool cvm_early_next_free(const struct cvm_early *early, uint64_t *start, uint64_t *end);

#endif
