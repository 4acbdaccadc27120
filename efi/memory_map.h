/* SPDX-License-Identifier: MIT */
#ifndef EFI_MEMORY_MAP_H
#define EFI_MEMORY_MAP_H

#include <cvmem/map.h>

#include "efi/firmware.h"

/* A copy of the memory map, as it was when it was read. */
struct efi_memory_map {
	uint8_t *memory;
	size_t size, descriptor_size;
};

/* The map is to be given back by efi_memory_map_close(), after an error as well. */
efi_status efi_memory_map_open(const struct efi_firmware *firmware, struct efi_memory_map *map);
void efi_memory_map_close(const struct efi_firmware *firmware, struct efi_memory_map *map);

/*
 * The next unaccepted range below the limit, from the descriptor at *at on, which moves; false: the
 * end. A range that passes the limit is cut off there.
 */
bool efi_memory_map_unaccepted(const struct efi_memory_map *map, uint64_t limit, size_t *at,
			       struct cvm_span *range);

/* The bytes of all these ranges. */
uint64_t efi_memory_map_unaccepted_bytes(const struct efi_memory_map *map, uint64_t limit);

#endif
