/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "formats/le.h"
#include "tools/mapfile/alloc.h"
#include "tools/mapfile/check.h"
#include "tools/mapfile/lost.h"

#define PAGE 4096

/* EfiReservedMemoryType, which has a name: the type of an entry whose name says nothing. */
#define UNNAMED 0

#define MIB (UINT64_C(1) << 20)

/* By the library's readers, which define the meaning of each type. */
static int add(struct map_info *map, const struct map_entry *entry)
{
	unsigned char table[CVM_EFI_DESC] = { 0 };

	if (map_source_is_efi(map->source)) {
		if (entry->size % PAGE)
			return -1;
		le_put(table, entry->type, 4);
		le_put(table + 8, entry->start, 8);
		le_put(table + 24, entry->size / PAGE, 8);
		le_put(table + 32, entry->attr, 8);
		return cvm_map_read_efi(&map->map, table, CVM_EFI_DESC, CVM_EFI_DESC);
	}
	le_put(table, entry->start, 8);
	le_put(table + 8, entry->size, 8);
	le_put(table + 16, entry->type, 4);
	return cvm_map_read_e820(&map->map, table, CVM_E820_ENTRY, 8);
}

static void check_entry(struct map_file *file, const struct map_info *map,
			const struct map_entry *entry, bool dropped)
{
	bool efi = map_source_is_efi(map->source);

	if (!entry->size)
		maps_warn_entry(file, entry, "an entry of zero length");
	else if (entry->start >= CVM_PHYS_END || entry->size > CVM_PHYS_END - entry->start)
		maps_warn_entry(file, entry, "goes beyond 2^52, the end of physical addresses: %s",
				dropped ? "left out of the map" : "cut off there");
	if (!entry->type_known && efi && entry->type == UNNAMED)
		maps_warn_entry(file, entry, "an EFI type of another name: read as reserved");
	else if (!entry->type_known && efi)
		maps_warn_entry(file, entry, "unknown EFI type %u: read as reserved", entry->type);
	else if (!entry->type_known)
		maps_warn_entry(file, entry, "an unknown type: read as reserved");
	else if (!efi && (entry->type == 0 || entry->type == 6 ||
			  (entry->type > 8 && entry->type != 12 && entry->type != 0xefffffff)))
		maps_warn_entry(file, entry, "unknown E820 type %u: read as reserved", entry->type);
}

/*
 * Each bound once: usually the end of one entry is the start of the next. A bound between two
 * entries of the same type is ignored: the kernel splits usable memory around its data.
 */
static void check_alignment(struct map_file *file, const struct map_info *map, size_t i)
{
	const struct map_entry *entry = &map->entry[i];
	const struct map_entry *next = i + 1 < map->entries ? entry + 1 : NULL;
	uint64_t end = entry->start + entry->size;

	if (entry->start % PAGE && (!i || entry[-1].start + entry[-1].size != entry->start))
		maps_warn_entry(file, entry, "starts at 0x%llx, not a multiple of 4 KiB",
				(unsigned long long)entry->start);
	if (end % PAGE && (!next || next->start != end || next->type != entry->type))
		maps_warn_entry(file, entry, "ends at 0x%llx, not a multiple of 4 KiB",
				(unsigned long long)end);
}

static void leave_out(struct map_file *file, const struct map_entry *entry)
{
	static const char *const why[] = {
		[MAP_DEFECT_MARKED] = "the kernel found it invalid",
		[MAP_DEFECT_HUGE] = "it does not fit into 64 bits",
		[MAP_DEFECT_BACKWARD] = "it ends before it starts",
	};

	maps_warn_entry(file, entry, "left out of the map: %s", why[entry->defect]);
}

static int by_start(const void *a, const void *b)
{
	const struct map_entry *first = *(const struct map_entry *const *)a;
	const struct map_entry *second = *(const struct map_entry *const *)b;

	if (first->start != second->start)
		return first->start < second->start ? -1 : 1;
	return first < second ? -1 : 1;
}

static void check_overlap(struct map_file *file, const struct map_entry *entry,
			  const struct map_entry *reach)
{
	const struct map_entry *later = entry > reach ? entry : reach;
	const struct map_entry *earlier = entry > reach ? reach : entry;
	const char *how =
		entry->start == reach->start && entry->size == reach->size ? "repeats" : "overlaps";

	if (earlier->line)
		maps_warn_entry(file, later, "%s line %zu", how, earlier->line);
	else
		maps_warn_entry(file, later, "%s entry %u", how, earlier->number);
}

/* Entries out of order are legal in an EFI map, and in a list of HOBs. */
static bool is_sorted(enum map_source source)
{
	return !map_source_is_efi(source) && source != MAP_OVMF;
}

static void check_order(struct map_file *file, const struct map_info *map)
{
	const struct map_entry **sorted = xrealloc(NULL, map->entries, sizeof(*sorted));
	const struct map_entry *reach = NULL, *last = NULL;
	size_t count = 0;

	/* What is reserved lies within a node. */
	if (map->source == MAP_NODES) {
		free(sorted);
		return;
	}
	for (size_t i = 0; i < map->entries; i++) {
		const struct map_entry *entry = &map->entry[i];

		if (entry->defect || !entry->size || entry->start + entry->size < entry->start)
			continue;
		if (last && entry->start < last->start && is_sorted(map->source))
			maps_warn_entry(file, entry, "out of order: 0x%llx after 0x%llx",
					(unsigned long long)entry->start,
					(unsigned long long)last->start);
		last = entry;
		sorted[count++] = entry;
	}
	qsort(sorted, count, sizeof(*sorted), by_start);
	for (size_t i = 0; i < count; i++) {
		if (reach && sorted[i]->start < reach->start + reach->size)
			check_overlap(file, sorted[i], reach);
		if (!reach || sorted[i]->start + sorted[i]->size >= reach->start + reach->size)
			reach = sorted[i];
	}
	free(sorted);
}

/* Linux numbers EFI's entries from 0. A ring buffer that ran over loses the first lines. */
static void check_numbers(struct map_file *file, const struct map_info *map)
{
	const struct map_entry *entry = map->entry;

	if (entry->number)
		maps_warn_entry(file, entry, "the map begins with entry %u: those before are lost",
				entry->number);
	for (size_t i = 1; i < map->entries; i++) {
		if (entry[i].number > entry[i - 1].number + 1)
			maps_warn_entry(file, &entry[i],
					"entry %u after entry %u: those between are lost",
					entry[i].number, entry[i - 1].number);
	}
}

/* Every PC has memory at 0. What is below 1 MiB may be missing in an excerpt. */
static void check_beginning(struct map_file *file, const struct map_info *map)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < map->entries; i++) {
		if (!map->entry[i].defect && map->entry[i].start < lowest)
			lowest = map->entry[i].start;
	}
	if (lowest != UINT64_MAX && lowest > MIB)
		maps_warn_entry(file, map->entry,
				"the map has nothing below 0x%llx: its first lines may be lost",
				(unsigned long long)lowest);
}

static void check_whole(struct map_file *file, const struct map_info *map)
{
	/* A single line is a quotation. */
	if (!map->line || map->entries < 2)
		return;
	if (map->source == MAP_EFI)
		check_numbers(file, map);
	else if (map->source == MAP_E820)
		check_beginning(file, map);
}

void check_map(struct map_file *file, struct map_info *map)
{
	size_t capacity = cvm_map_storage(map->entries);

	cvm_map_init(&map->map, xrealloc(NULL, capacity, sizeof(struct cvm_range)), capacity);
	for (size_t i = 0; i < map->entries; i++) {
		const struct map_entry *entry = &map->entry[i];
		size_t dropped;

		if (entry->defect) {
			leave_out(file, entry);
			continue;
		}
		dropped = map->map.dropped;
		if (add(map, entry)) {
			maps_warn_entry(file, entry,
					"left out of the map: not whole 4 KiB pages, so a corrupt "
					"EFI descriptor");
			continue;
		}
		check_entry(file, map, entry, map->map.dropped > dropped);
		check_alignment(file, map, i);
	}
	check_order(file, map);
	check_whole(file, map);
	map->usable = cvm_map_bytes(&map->map, CVM_MEM_RAM) +
		      cvm_map_bytes(&map->map, CVM_MEM_UNACCEPTED);
	check_lost(file, map);
	if (!map->map.count)
		maps_warn_entry(file, &map->entry[0],
				"nothing is left of the map that begins here");
}

static bool same(const struct map_info *a, const struct map_info *b)
{
	if (a->source != b->source || a->map.count != b->map.count || !a->map.count)
		return false;
	for (size_t i = 0; i < a->map.count; i++) {
		const struct cvm_range *one = &a->map.range[i], *two = &b->map.range[i];

		if (one->start != two->start || one->end != two->end || one->type != two->type)
			return false;
	}
	return true;
}

void check_repeated(struct map_file *file)
{
	for (size_t i = 1; i < file->maps; i++) {
		const struct map_info *map = &file->map[i];

		/* Only the last equal map is reported: linear in long logs of many boots. */
		for (size_t j = i; j-- > 0 && i - j < 64;) {
			if (!same(map, &file->map[j]))
				continue;
			maps_warn(file, map->line, "the same %s map as on line %zu",
				  map_source_name(map->source), file->map[j].line);
			break;
		}
	}
}
