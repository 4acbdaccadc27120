/* SPDX-License-Identifier: MIT */
#include "tools/boot/memory.h"

#include <stdio.h>

#include "tools/mapfile/read.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* QEMU's q35: 2 GiB below the PCI hole unless all fits below 0xb0000000. */
static void synthesise(struct boot_memory *memory, uint64_t bytes)
{
	uint64_t low = bytes > 0xb0000000 ? 2 * GIB : bytes;
	struct cvm_map *map = &memory->map;

	cvm_map_add(map, 0, 0xa0000, CVM_MEM_RAM, 0);
	cvm_map_add(map, 0x9fc00, 0x400, CVM_MEM_RESERVED, 0);
	cvm_map_add(map, 0xf0000, 0x10000, CVM_MEM_RESERVED, 0);
	cvm_map_add(map, MIB, low - MIB, CVM_MEM_RAM, 0);
	cvm_map_add(map, 0xb0000000, 0x10000000, CVM_MEM_RESERVED, 0);
	cvm_map_add(map, 0xfeffc000, 0x4000, CVM_MEM_RESERVED, 0);
	cvm_map_add(map, 0xfffc0000, 0x40000, CVM_MEM_RESERVED, 0);
	if (bytes > low)
		cvm_map_add(map, 4 * GIB, bytes - low, CVM_MEM_RAM, 0);
	snprintf(memory->source, sizeof(memory->source), "a q35 machine");
}

static bool from_file(struct boot_memory *memory, const char *path)
{
	struct map_file file;
	const struct map_info *best;
	bool ok = false;

	if (!maps_read(path, MAP_FORMAT_AUTO, 0, &file)) {
		fprintf(stderr, "cvmem boot: %s: %s\n", path, file.error);
		goto out;
	}
	best = maps_best(&file);
	if (!best) {
		fprintf(stderr, "cvmem boot: %s: no map in it has usable memory\n", path);
		goto out;
	}
	for (size_t i = 0; i < best->map.count; i++) {
		const struct cvm_range *range = &best->map.range[i];
		/* This boot decides which memory is accepted. */
		enum cvm_mem_type type =
			range->type == CVM_MEM_UNACCEPTED ? CVM_MEM_RAM : range->type;

		if (cvm_map_add(&memory->map, range->start, range->end - range->start, type,
				range->attr)) {
			fprintf(stderr, "cvmem boot: %s: more than %u ranges\n", path,
				BOOT_MAX_RANGES / 2);
			goto out;
		}
	}
	snprintf(memory->source, sizeof(memory->source), "%s, line %zu, %s", path, best->line,
		 map_source_name(best->source));
	ok = true;
out:
	maps_free(&file);
	return ok;
}

/* Behind all that the map has, where a machine has its slots for more. */
static bool place_hot(struct boot_memory *memory, uint64_t bytes)
{
	uint64_t start = 4 * GIB;

	memory->hot = (struct cvm_span){ 0, 0 };
	if (!bytes)
		return true;
	if (memory->map.count && memory->map.range[memory->map.count - 1].end > start)
		start = (memory->map.range[memory->map.count - 1].end + GIB - 1) & -GIB;
	if (memory->ram_count == BOOT_MAX_RANGES || start + bytes > CVM_PHYS_END) {
		fprintf(stderr, "cvmem boot: %s: no room for more memory\n", memory->source);
		return false;
	}
	memory->hot = (struct cvm_span){ start, start + bytes };
	memory->ram[memory->ram_count++] = (struct emu_ram){ start, start + bytes };
	return true;
}

bool boot_memory_make(const struct boot_options *options, struct boot_memory *memory)
{
	cvm_map_init(&memory->map, memory->ranges, BOOT_MAX_RANGES / 2);
	memory->ram_count = 0;
	if (!options->map_file)
		synthesise(memory, options->memory_bytes);
	else if (!from_file(memory, options->map_file))
		return false;
	cvm_map_align(&memory->map, 4096);
	for (size_t i = 0; i < memory->map.count; i++) {
		const struct cvm_range *range = &memory->map.range[i];
		size_t count = memory->ram_count;

		if (range->type != CVM_MEM_RAM && range->type != CVM_MEM_ACPI &&
		    range->type != CVM_MEM_NVS)
			continue;
		if (count && memory->ram[count - 1].end == range->start)
			memory->ram[count - 1].end = range->end;
		else
			memory->ram[memory->ram_count++] =
				(struct emu_ram){ range->start, range->end };
	}
	memory->usable = cvm_map_bytes(&memory->map, CVM_MEM_RAM);
	if (memory->usable < 64 * MIB) {
		fprintf(stderr,
			"cvmem boot: %s: %llu MiB of usable memory are too little for a boot; 64 "
			"MiB are the least\n",
			memory->source, (unsigned long long)(memory->usable / MIB));
		return false;
	}
	return place_hot(memory, options->hot_bytes);
}

uint64_t boot_memory_place(const struct boot_memory *memory, uint64_t bytes)
{
	const struct cvm_range *usual = cvm_map_find(&memory->map, 8 * MIB);

	if (usual && usual->type == CVM_MEM_RAM && usual->end - 8 * MIB >= bytes)
		return 8 * MIB;
	for (size_t i = 0; i < memory->map.count; i++) {
		const struct cvm_range *range = &memory->map.range[i];
		uint64_t start = range->start < MIB ? MIB : range->start;

		if (range->type == CVM_MEM_RAM && start < range->end && range->end - start >= bytes)
			return start;
	}
	return UINT64_MAX;
}
