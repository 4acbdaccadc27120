/* SPDX-License-Identifier: MIT */
#include "efi/memory_map.h"

#include "efi/bytes.h"

/* Attempts: reading the map needs memory, which may make the map longer. */
enum { ATTEMPTS = 8, ROOM = 8, PAGE = 4096 };

efi_status efi_memory_map_open(const struct efi_firmware *firmware, struct efi_memory_map *map)
{
	efi_status status = EFI_BUFFER_TOO_SMALL;
	uint32_t version;
	size_t key;

	map->memory = NULL;
	map->size = 0;
	map->descriptor_size = sizeof(struct efi_memory_descriptor);
	for (int i = 0; i < ATTEMPTS && status == EFI_BUFFER_TOO_SMALL; i++) {
		efi_free(firmware, map->memory);
		map->memory = NULL;
		if (map->size) {
			map->size += ROOM * map->descriptor_size;
			map->memory = efi_alloc(firmware, map->size);
			if (!map->memory)
				return EFI_OUT_OF_RESOURCES;
		}
		status = firmware->boot->get_memory_map(&map->size, map->memory, &key,
							&map->descriptor_size, &version);
	}
	if (!status && map->descriptor_size < sizeof(struct efi_memory_descriptor))
		status = EFI_UNSUPPORTED;
	if (status)
		map->size = 0;
	return status;
}

void efi_memory_map_close(const struct efi_firmware *firmware, struct efi_memory_map *map)
{
	efi_free(firmware, map->memory);
	map->memory = NULL;
	map->size = 0;
}

/* False: the descriptor's range ends where no address is. */
static bool range_of(const struct efi_memory_descriptor *descriptor, struct cvm_span *range)
{
	range->start = descriptor->start;
	if (range->start >= CVM_PHYS_END ||
	    descriptor->pages > (CVM_PHYS_END - range->start) / PAGE)
		return false;
	range->end = range->start + descriptor->pages * PAGE;
	return range->start % PAGE == 0;
}

bool efi_memory_map_unaccepted(const struct efi_memory_map *map, uint64_t limit, size_t *at,
			       struct cvm_span *range)
{
	while (map->size - *at >= map->descriptor_size && *at < map->size) {
		struct efi_memory_descriptor descriptor;

		efi_bytes_copy(&descriptor, map->memory + *at, sizeof(descriptor));
		*at += map->descriptor_size;
		if (descriptor.type != EFI_UNACCEPTED_MEMORY || !range_of(&descriptor, range))
			continue;
		if (range->end > limit)
			range->end = limit;
		if (range->start < range->end)
			return true;
	}
	return false;
}

uint64_t efi_memory_map_unaccepted_bytes(const struct efi_memory_map *map, uint64_t limit)
{
	struct cvm_span range;
	uint64_t bytes = 0;
	size_t at = 0;

	while (efi_memory_map_unaccepted(map, limit, &at, &range))
		bytes += range.end - range.start;
	return bytes;
}
