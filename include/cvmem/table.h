/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TABLE_H
#define CVMEM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The table of unaccepted memory: one bit for a unit, set while the unit may not be
 * touched (I4). Its layout is that of the EFI configuration table that Linux's stub
 * and kernel exchange, version 1, so that either side can hand it to the other:
 *
 *   GUID d5d1de3c-105c-44f9-9ea9-bcef98120031
 *   (LINUX_EFI_UNACCEPTED_MEM_TABLE_GUID, include/linux/efi.h)
 *
 * Memory that the bitmap does not cover is accepted, by definition. Little-endian, 64
 * bits: bit i of the bitmap is bit i % 64 of word i / 64.
 *
 * Addresses are guest-physical bytes, ranges [start, end). These functions build
 * and read a table; what accepts memory and clears bits is accept.h. Queries may run on any CPU
 * at any time, without a lock; building is for one CPU alone.
 */

#define CVM_TABLE_VERSION 1
#define CVM_TABLE_HEADER  24		      /* bytes before the bitmap */
#define CVM_UNIT_DEFAULT  (UINT32_C(2) << 20) /* Linux: PMD_SIZE on x86 */
#define CVM_UNIT_MIN	  (UINT32_C(4) << 10)
#define CVM_UNIT_MAX	  (UINT32_C(1) << 30)

struct cvm_table {
	uint32_t version;
	uint32_t unit_size; /* bytes; a power of two from CVM_UNIT_MIN to CVM_UNIT_MAX */
	uint64_t phys_base; /* of bit 0; a multiple of unit_size */
	uint64_t size;	    /* bytes of bitmap */
	uint64_t bitmap[];  /* read and written in whole words, which lie in the same page */
};

/* What a table for a map has to cover. */
struct cvm_table_plan {
	uint64_t base, end; /* base is a multiple of the unit; end as in the map */
	uint32_t unit_size;
	size_t bytes; /* of storage, header included, a multiple of 8; 0: nothing is unaccepted */
};

/*
 * The plan for a map: from the lowest unaccepted byte, rounded down to a unit, to the
 * highest. unit_size 0 means CVM_UNIT_DEFAULT.
 * CVM_EINVAL: a unit size that is not allowed, or an unaccepted range that is not 4 KiB
 * aligned (cvm_map_align() first).
 */
int cvm_table_plan(const struct cvm_map *map, uint32_t unit_size, struct cvm_table_plan *plan);

/*
 * An empty table (everything accepted) in storage that is 8-byte aligned.
 * CVM_EINVAL: alignment, or a plan without bytes. CVM_ENOSPC: bytes < plan->bytes.
 */
int cvm_table_init(struct cvm_table *table, size_t bytes, const struct cvm_table_plan *plan);

/*
 * Check a table from another stage (firmware, a loader, the kernel before a
 * kexec) before it is used. `bytes` is the storage that belongs to it, header included: 24 + size
 * or more, and no more than that is read here. All other functions read and write the last word as
 * a whole; since the table is 8-byte aligned the word lies in a page that the table has, and its
 * other bytes stay as they are. With a map, every unit that is set must lie in memory that the map
 * calls RAM or unaccepted (I6). CVM_EVERSION: version is not 1. CVM_EINVAL: anything else that is
 * not as above, addresses past CVM_PHYS_END included.
 */
int cvm_table_check(const struct cvm_table *table, size_t bytes, const struct cvm_map *map);

/* Accepts [start, end) at once; 0 or an error that the caller passes on. */
typedef int cvm_accept_now_fn(void *ctx, uint64_t start, uint64_t end);

/*
 * Record one range as unaccepted, by the rules of Linux's stub: a range shorter than
 * two units is accepted at once, whole; so are the head and the tail that are not
 * whole units, what lies below phys_base and what lies past the bitmap. The rest is
 * set.
 * CVM_EINVAL: start >= end or not 4 KiB aligned; else what accept_now returned, in which
 * case the range is neither recorded nor wholly accepted and must not be used.
 */
int cvm_table_add(struct cvm_table *table, uint64_t start, uint64_t end,
		  cvm_accept_now_fn *accept_now, void *ctx);

/* cvm_table_add() for every unaccepted range of a map, stopping at the first error. */
int cvm_table_build(struct cvm_table *table, const struct cvm_map *map,
		    cvm_accept_now_fn *accept_now, void *ctx);

/* The first address past the bitmap. */
uint64_t cvm_table_end(const struct cvm_table *table);

/* Is any unit that [start, end) touches unaccepted? Nothing is added for a guard. */
bool cvm_table_any(const struct cvm_table *table, uint64_t start, uint64_t end);

/* Bytes of [start, end) that lie in unaccepted units. */
uint64_t cvm_table_count(const struct cvm_table *table, uint64_t start, uint64_t end);

/*
 * The first run of unaccepted (or, with accepted true, of accepted) units in
 * [*start, *end): narrows the two to it, clipped. false: there is none. Memory that the bitmap
 * does not cover is accepted.
 */
bool cvm_table_next(const struct cvm_table *table, uint64_t *start, uint64_t *end, bool accepted);

#ifdef __cplusplus
}
#endif

#endif
