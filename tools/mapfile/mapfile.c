/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/check.h"
#include "tools/mapfile/mapfile.h"

/*
 * Linux has room for at most 3200 E820 entries, and firmware has far fewer EFI descriptors. Bounds
 * the work for a hostile file.
 */
#define MAX_ENTRIES 16384

void maps_begin(struct map_file *file, const char *path)
{
	*file = (struct map_file){ .name = xstrdup(path) };
}

struct map_info *maps_new(struct map_file *file, enum map_source source, size_t line)
{
	struct map_info *map;

	file->map = grow(file->map, &file->map_room, file->maps + 1, sizeof(*file->map));
	map = &file->map[file->maps++];
	*map = (struct map_info){ .source = source, .line = line };
	return map;
}

void maps_add(struct map_file *file, struct map_info *map, const struct map_entry *entry)
{
	if (map->entries == MAX_ENTRIES) {
		maps_miss_entry(file, entry, "more than %d entries: not read", MAX_ENTRIES);
		return;
	}
	map->entry = grow(map->entry, &map->entry_room, map->entries + 1, sizeof(*map->entry));
	map->entry[map->entries++] = *entry;
}

void maps_drop(struct map_file *file, size_t i)
{
	free(file->map[i].entry);
	memmove(&file->map[i], &file->map[i + 1], (file->maps - i - 1) * sizeof(*file->map));
	file->maps--;
}

void maps_drop_all(struct map_file *file)
{
	while (file->maps)
		maps_drop(file, file->maps - 1);
	while (file->warnings)
		free(file->warning[--file->warnings].text);
	file->incomplete = false;
}

void maps_reverse(struct map_file *file)
{
	for (size_t i = 0; i < file->maps; i++) {
		struct map_info *map = &file->map[i];

		for (size_t low = 0, high = map->entries; low + 1 < high; low++) {
			struct map_entry first = map->entry[low];

			map->entry[low] = map->entry[--high];
			map->entry[high] = first;
		}
	}
}

static int by_line(const void *a, const void *b)
{
	const struct map_warning *first = a, *second = b;

	if (first->line != second->line)
		return first->line < second->line ? -1 : 1;
	return first->order < second->order ? -1 : 1;
}

bool maps_finish(struct map_file *file)
{
	for (size_t i = 0; i < file->maps; i++)
		check_map(file, &file->map[i]);
	check_repeated(file);
	if (file->warnings)
		qsort(file->warning, file->warnings, sizeof(*file->warning), by_line);
	if (!file->maps && !file->error)
		maps_fail(file, "no memory map: looked for lines of a kernel log like \"BIOS-e820: "
				"[mem 0x...-0x...] usable\", \"efi: mem00: ...\" and \"user: "
				"...\", for maps of the EFI shell, GRUB, FreeBSD, Xen, U-Boot, "
				"SeaBIOS, OVMF and /proc/iomem, for a binary E820 table and for a "
				"binary EFI memory map");
	return !file->error;
}

void maps_free(struct map_file *file)
{
	for (size_t i = 0; i < file->maps; i++) {
		free(file->map[i].entry);
		free(file->map[i].map.range);
	}
	for (size_t i = 0; i < file->warnings; i++)
		free(file->warning[i].text);
	free(file->map);
	free(file->warning);
	free(file->name);
	free(file->error);
	*file = (struct map_file){ 0 };
}

static int rank(const struct map_info *map)
{
	switch (map->source) {
	case MAP_E820:
	case MAP_MEMMAP:
		return 3;
	case MAP_EFI:
	case MAP_EFI_INIT:
	case MAP_XEN:
	case MAP_EFI_SHELL:
	case MAP_GRUB_EFI:
	case MAP_GRUB:
	case MAP_FREEBSD:
	case MAP_XEN_HOST:
	case MAP_XEN_EFI:
	case MAP_U_BOOT:
	case MAP_U_BOOT_EFI:
	case MAP_SEABIOS:
		return 2;
	case MAP_E801:
	case MAP_88:
		return 1;
	default:
		return 0;
	}
}

const struct map_info *maps_best(const struct map_file *file)
{
	const struct map_info *best = NULL;

	for (size_t i = 0; i < file->maps; i++) {
		const struct map_info *map = &file->map[i];

		if (!map->usable)
			continue;
		if (!best || rank(map) > rank(best) ||
		    (rank(map) == rank(best) && map->usable > best->usable))
			best = map;
	}
	return best;
}
