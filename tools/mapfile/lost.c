/* SPDX-License-Identifier: MIT */
#include "tools/mapfile/lost.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* QEMU and firmware put the memory that has no room below 4 GiB here. */
#define HIGH_MEMORY (4 * GIB)

/* AMD's IOMMU specification, 2.1.1: addresses below 1 TiB that HyperTransport used. */
#define HYPERTRANSPORT_START UINT64_C(0xfd00000000)
#define HYPERTRANSPORT_END   (UINT64_C(1) << 40)

static bool of_firmware(enum map_source source)
{
	return source != MAP_USER && source != MAP_MODIFIED && source != MAP_EXTENDED &&
	       source != MAP_OVMF && source != MAP_NODES;
}

/* The entry that the range was made of; maps_warn_entry() names its line. */
static const struct map_entry *entry_at(const struct map_info *map, uint64_t start)
{
	for (size_t i = 0; i < map->entries; i++) {
		const struct map_entry *entry = &map->entry[i];

		if (!entry->defect && start - entry->start < entry->size)
			return entry;
	}
	return &map->entry[0];
}

/* Usable memory of the map touches both ends, below 4 GiB: nothing but RAM is there. */
static bool within_ram(const struct cvm_map *map, size_t i)
{
	const struct cvm_range *range = &map->range[i];

	return i && i + 1 < map->count && range[-1].type == CVM_MEM_RAM &&
	       range[-1].end == range->start && range[1].type == CVM_MEM_RAM &&
	       range[1].start == range->end && range->end < HIGH_MEMORY;
}

static bool large(const struct map_info *map, uint64_t size)
{
	return size >= 256 * MIB && size >= map->usable / 4;
}

void check_lost(struct map_file *file, struct map_info *map)
{
	if (!of_firmware(map->source) || !map->usable)
		return;
	for (size_t i = 0; i < map->map.count; i++) {
		const struct cvm_range *range = &map->map.range[i];
		uint64_t size = range->end - range->start;
		double gib = (double)size / (double)GIB;

		if (range->type != CVM_MEM_RESERVED || size < 2 * MIB)
			continue;
		if (range->start == HIGH_MEMORY) {
			map->lost += size;
			maps_warn_entry(
				file, entry_at(map, range->start),
				"%.4g GiB of RAM are lost, most likely: this reserved range begins "
				"at 4 GiB, where machines have RAM. GRUB 2.06 with its command "
				"`linux' reserves what the firmware has not accepted: start the "
				"kernel with `linuxefi', or take GRUB 2.12",
				gib);
		} else if (large(map, size) && (within_ram(&map->map, i) ||
						(range->start > HIGH_MEMORY &&
						 !(range->start >= HYPERTRANSPORT_START - GIB &&
						   range->end == HYPERTRANSPORT_END)))) {
			maps_warn_entry(
				file, entry_at(map, range->start),
				"%.4g GiB are reserved, as large as RAM, which is %.4g GiB: "
				"memory of a device, or RAM that a loader or kernel without "
				"unaccepted memory has lost",
				gib, (double)map->usable / (double)GIB);
		}
	}
}
