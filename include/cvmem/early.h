/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EARLY_H
#define CVMEM_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The boot allocator: memory before pages exist. It knows the map and a list of what is reserved,
 * and nothing else; what it allocates is accepted (I3). All functions: one CPU.
 */

struct cvm_early {
	size_t needed; /* after CVM_ENOSPC: a capacity that is enough */
	/* private */
	const struct cvm_map *map;
	struct cvm_acceptor *acceptor;
	struct cvm_span *reserved; /* sorted, disjoint, neighbours merged */
	size_t count, capacity;
};

enum cvm_early_flags {
	CVM_EARLY_BOTTOM_UP = 0,
	CVM_EARLY_TOP_DOWN = 1,
	/* Look in memory that is accepted already, the guard unit included if there is one, and
	 * elsewhere only if it has no room. */
	CVM_EARLY_PREFER_ACCEPTED = 2,
};

struct cvm_early_request {
	uint64_t size, align; /* bytes; align: a power of two, 1 or more */
	uint64_t min, max;    /* the block lies in [min, max); max 0: no limit */
	unsigned flags;	      /* enum cvm_early_flags */
};

/*
 * Both map and acceptor are the caller's and outlive the allocator. RAM and unaccepted
 * ranges of the map are usable. storage: as many ranges as will be reserved at once,
 * neighbours counting as one.
 */
void cvm_early_init(struct cvm_early *early, const struct cvm_map *map,
		    struct cvm_acceptor *acceptor, struct cvm_span *storage, size_t capacity);

/*
 * Reserve [start, end), usable or not, without accepting it: firmware's tables, the
 * kernel's image. May overlap what is reserved. Bounds of any alignment.
 * CVM_EINVAL: start >= end. CVM_ENOSPC: nothing is changed; early->needed.
 */
int cvm_early_reserve(struct cvm_early *early, uint64_t start, uint64_t end);

/* Free [start, end); it stays accepted. Parts that are not reserved are left alone.
 * Errors as above: a hole in the middle of a range needs one more. */
int cvm_early_free(struct cvm_early *early, uint64_t start, uint64_t end);

/*
 * Find size bytes at a multiple of align in [min, max), reserve and accept them.
 * The lowest address that fits, or the highest with CVM_EARLY_TOP_DOWN.
 * CVM_EINVAL: size 0, or align is not a power of two. CVM_ENOMEM: nothing fits.
 * CVM_ENOSPC: early->needed. CVM_EIO, or another error of cvm_accept(): the memory could not be
 * accepted; it stays reserved, so that the next call finds other memory.
 */
int cvm_early_alloc(struct cvm_early *early, const struct cvm_early_request *request,
		    uint64_t *gpa);

/*
 * For the page allocator: the first free range of whole pages in [*start, CVM_PHYS_END), accepted
 * or not. Start with *start = 0 and continue with *start = *end. false: there are no more.
 */
bool cvm_early_next_free(const struct cvm_early *early, uint64_t *start, uint64_t *end);

#ifdef __cplusplus
}
#endif

#endif
