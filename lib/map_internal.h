/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_MAP_INTERNAL_H
#define CVMEM_LIB_MAP_INTERNAL_H

#include <cvmem/map.h>

/* A capacity that is enough for what the map holds and any n more entries. */
size_t cvm_map_enough(const struct cvm_map *map, size_t n);

/* How cvm_map_read_efi() reads an EFI memory type with these attributes. */
enum cvm_mem_type cvm_efi_mem_type(uint32_t type, uint64_t attr);

/* RAM, now or once it is accepted. */
static inline bool cvm_range_is_memory(const struct cvm_range *range)
{
	return range->type == CVM_MEM_RAM || range->type == CVM_MEM_UNACCEPTED;
}

/* Is all of [start, end) such memory? */
bool cvm_map_has_memory(const struct cvm_map *map, uint64_t start, uint64_t end);

/*
 * The ranges of a map, one after the other, with bounds rounded as cvm_map_align()
 * does. Two ranges are held back: the next one read may still cut or join them.
 */
struct cvm_aligner {
	const struct cvm_map *map;
	uint64_t granule;
	size_t next;		  /* the range of the map to read next */
	struct cvm_range held[2]; /* older first */
	unsigned int count;	  /* of held */
};

void cvm_aligner_init(struct cvm_aligner *aligner, const struct cvm_map *map, uint64_t granule);

/*
 * False: there are no more. Never yields more ranges than it has read, so that they
 * may replace those in the map while this runs.
 */
bool cvm_aligner_next(struct cvm_aligner *aligner, struct cvm_range *range);

#endif
