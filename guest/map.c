/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/* What is RAM, without what a PC has below 1 MiB and what this kernel uses. */

#define MAX_E820 128
#define PAGE	 UINT64_C(4096)
#define MIB	 (UINT64_C(1) << 20)
#define FOUR_GIB (UINT64_C(1) << 32)

/* Private memory is at its own addresses, and none of it at NULL. */
static int reserve(struct cvm_map *map, uint64_t start, uint64_t end)
{
	int error = cvm_map_set(map, 0, PAGE, CVM_MEM_RESERVED);

	if (!error)
		error = cvm_map_set(map, 0xa0000, MIB, CVM_MEM_RESERVED);
	if (!error)
		error = cvm_map_set(map, start, end, CVM_MEM_RESERVED);
	return error ? error : cvm_map_align(map, PAGE);
}

/* QEMU's E820 table. */
int guest_map_of_rom(struct cvm_map *map, uint64_t end_of_workload)
{
	static uint8_t e820[MAX_E820 * CVM_E820_ENTRY];
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find("etc/e820", &selector);
	int error;

	if (!bytes || bytes > sizeof(e820) || bare_fw_cfg_read(selector, e820, bytes))
		return CVM_EIO;
	error = cvm_map_read_e820(map, e820, bytes, 0);
	return error ? error : reserve(map, BARE_IMAGE, end_of_workload);
}

/* Boot services have ended: their memory, and the loader's, is free. */
int guest_map_of_firmware(struct cvm_map *map, const struct guest_firmware *firmware,
			  uint64_t image)
{
	int error = cvm_map_read_efi(map, firmware->map, firmware->map_bytes, firmware->desc_bytes);

	if (!error)
		error = cvm_map_set(map, firmware->rom, firmware->rom + GUEST_ROM_BYTES,
				    CVM_MEM_RESERVED);
	return error ? error : reserve(map, image, image + GUEST_IMAGE_BYTES);
}

uint64_t guest_map_take(struct cvm_map *map, uint64_t bytes)
{
	bytes = (bytes + PAGE - 1) & -PAGE;
	for (size_t i = 0; i < map->count; i++) {
		uint64_t start = map->range[i].start, end = map->range[i].end;

		end = end < FOUR_GIB ? end : FOUR_GIB;
		if (map->range[i].type != CVM_MEM_RAM || start < MIB || start >= end ||
		    end - start < bytes)
			continue;
		return cvm_map_set(map, start, start + bytes, CVM_MEM_RESERVED) ? 0 : start;
	}
	return 0;
}

uint64_t guest_map_end(const struct cvm_map *map)
{
	uint64_t end = 0;

	for (size_t i = 0; i < map->count; i++)
		if (map->range[i].type == CVM_MEM_RAM || map->range[i].type == CVM_MEM_UNACCEPTED)
			end = map->range[i].end;
	return end;
}
