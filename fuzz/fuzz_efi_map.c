/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "map_check.h"

/*
 * An input is the descriptor size in one byte, and an EFI memory map. It must be refused
 * exactly if the size is wrong or a start is misaligned.
 */

#define SP UINT64_C(0x40000) /* EFI_MEMORY_SP */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum cvm_mem_type type_of(uint32_t type, uint64_t attr)
{
	static const enum cvm_mem_type known[] = {
		[1] = CVM_MEM_RAM,	   [2] = CVM_MEM_RAM,	      [3] = CVM_MEM_RAM,
		[4] = CVM_MEM_RAM,	   [5] = CVM_MEM_RUNTIME,     [6] = CVM_MEM_RUNTIME,
		[7] = CVM_MEM_RAM,	   [8] = CVM_MEM_UNUSABLE,    [9] = CVM_MEM_ACPI,
		[10] = CVM_MEM_NVS,	   [11] = CVM_MEM_MMIO,	      [12] = CVM_MEM_MMIO,
		[14] = CVM_MEM_PERSISTENT, [15] = CVM_MEM_UNACCEPTED,
	};
	enum cvm_mem_type found = type <= 15 ? known[type] : CVM_MEM_NONE;

	if (found == CVM_MEM_RAM && attr & SP)
		return CVM_MEM_SOFT_RESERVED;
	return found ? found : CVM_MEM_RESERVED;
}

/* False: the map must be refused. */
static bool parse(const uint8_t *data, struct source *sources, size_t n, size_t desc_size)
{
	for (size_t i = 0; i < n; i++, data += desc_size) {
		uint64_t pages;
		uint32_t type;

		memcpy(&type, data, 4);
		memcpy(&sources[i].start, data + 8, 8);
		memcpy(&pages, data + 24, 8);
		memcpy(&sources[i].attr, data + 32, 8);
		sources[i].size = pages > UINT64_MAX / 4096 ? UINT64_MAX : pages * 4096;
		sources[i].type = type_of(type, sources[i].attr);
		if (sources[i].start % 4096)
			return false;
	}
	return true;
}

static void check_space(const struct cvm_map *map, const uint8_t *data, size_t bytes,
			size_t desc_size)
{
	struct cvm_map small = fuzz_map(map->count / 2), again;

	if (cvm_map_read_efi(&small, data, bytes, desc_size)) {
		CHECK(small.needed > small.capacity);
		again = fuzz_map(small.needed);
		CHECK(!cvm_map_read_efi(&again, data, bytes, desc_size));
		check_equal(map, &again);
		free(again.range);
	}
	check_form(&small);
	free(small.range);
}

static void check_round_trip(const struct cvm_map *map, size_t desc_size)
{
	struct cvm_map back = fuzz_map(map->count);
	size_t bytes = 0, needed = 0;
	uint8_t *descs;

	CHECK(cvm_map_write_efi(map, NULL, 0, desc_size, &bytes) == (map->count ? CVM_ENOSPC : 0));
	CHECK(bytes == desc_size * map->count);
	descs = malloc(bytes + 1);
	CHECK(descs);
	CHECK(!cvm_map_write_efi(map, descs, bytes, desc_size, &needed));
	CHECK(needed == bytes);
	CHECK(!cvm_map_read_efi(&back, descs, bytes, desc_size));
	check_equal(map, &back);
	free(descs);
	free(back.range);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source *sources;
	struct cvm_map map;
	size_t desc_size, n;

	if (!size)
		return 0;
	desc_size = *data++;
	size--;
	n = desc_size ? size / desc_size : 0;
	map = fuzz_map(cvm_map_storage(n));
	if (desc_size < 40 || desc_size % 8 || size % desc_size) {
		CHECK(cvm_map_read_efi(&map, data, size, desc_size) == CVM_EINVAL);
		CHECK(!map.count && !map.dropped);
		free(map.range);
		return 0;
	}

	sources = malloc(n * sizeof(*sources) + 1);
	CHECK(sources);
	if (parse(data, sources, n, desc_size)) {
		CHECK(!cvm_map_read_efi(&map, data, size, desc_size));
		check_form(&map);
		check_sources(&map, sources, n);
		check_space(&map, data, size, desc_size);
		check_round_trip(&map, desc_size);
		check_operations(&map);
	} else {
		CHECK(cvm_map_read_efi(&map, data, size, desc_size) == CVM_EINVAL);
		CHECK(!map.count && !map.dropped);
	}
	free(sources);
	free(map.range);
	return 0;
}
