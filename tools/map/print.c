/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include "tools/common/print.h"
#include "tools/map/output.h"
#include "tools/map/plan.h"

static void print_ranges(FILE *out, const struct cvm_map *map)
{
	char size[16];

	fprintf(out, "  %-18s  %-18s  %11s  %s\n", "start", "end", "size", "type");
	for (size_t i = 0; i < map->count; i++) {
		const struct cvm_range *range = &map->range[i];

		fprintf(out, "  0x%016" PRIx64 "  0x%016" PRIx64 "  %11s  %s\n", range->start,
			range->end, print_size(size, range->end - range->start),
			cvm_mem_type_name(range->type));
	}
}

static void print_amount(FILE *out, const char *what, uint64_t bytes, const char *more)
{
	char size[16];

	fprintf(out, "  %-18s %11s  (%" PRIu64 " bytes%s)\n", what, print_size(size, bytes), bytes,
		more);
}

static void print_plan(FILE *out, const struct map_info *map)
{
	char more[64];
	struct plan plan;

	plan_make(&map->map, &plan);
	snprintf(more, sizeof(more), " in %zu range%s", plan.ranges, plan.ranges == 1 ? "" : "s");
	print_amount(out, "usable", map->usable, "");
	if (map->lost)
		print_amount(out, "lost", map->lost, ", see the warning");
	print_amount(out, "left unaccepted", plan.unaccepted, more);
	print_amount(out, "accepted at once", plan.at_once, "");
	if (plan.table)
		print_amount(out, "unaccepted table", plan.table, ", one bit for 2 MiB");
	else
		fprintf(out, "  %-18s %11s\n", "unaccepted table", "not needed");
}

static void print_map(FILE *out, const struct map_info *map, size_t number)
{
	fprintf(out, "map %zu: %s, ", number, map_source_name(map->source));
	if (map->line)
		fprintf(out, "line %zu, ", map->line);
	fprintf(out, "%zu %s", map->entries, map->entries == 1 ? "entry" : "entries");
	if (map->gaps)
		fprintf(out, " and %zu gap%s", map->gaps, map->gaps == 1 ? "" : "s");
	fputs("\n", out);
	print_ranges(out, &map->map);
	print_plan(out, map);
}

void map_print(FILE *out, const struct map_file *file)
{
	fprintf(out, "%s: %zu %s\n", file->name, file->maps, file->maps == 1 ? "map" : "maps");
	for (size_t i = 0; i < file->maps; i++) {
		fputs("\n", out);
		print_map(out, &file->map[i], i + 1);
	}
	if (file->warnings)
		fputs("\n", out);
	for (size_t i = 0; i < file->warnings; i++)
		fprintf(out, "warning: %s\n", file->warning[i].text);
}
