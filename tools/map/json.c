/* SPDX-License-Identifier: MIT */
#include "tools/common/json.h"
#include "tools/map/output.h"
#include "tools/map/plan.h"

static void add_ranges(cJSON *object, const struct cvm_map *map)
{
	cJSON *ranges = cJSON_AddArrayToObject(object, "ranges");

	for (size_t i = 0; i < map->count; i++) {
		cJSON *range = cJSON_CreateObject();

		json_add_number(range, "start", map->range[i].start);
		json_add_number(range, "end", map->range[i].end);
		cJSON_AddStringToObject(range, "type", cvm_mem_type_name(map->range[i].type));
		cJSON_AddItemToArray(ranges, range);
	}
}

static cJSON *one_map(const struct map_info *map)
{
	cJSON *object = cJSON_CreateObject();
	struct plan plan;

	plan_make(&map->map, &plan);
	cJSON_AddStringToObject(object, "source", map_source_name(map->source));
	json_add_number(object, "line", map->line);
	json_add_number(object, "entries", map->entries);
	json_add_number(object, "gaps", map->gaps);
	json_add_number(object, "usable_bytes", map->usable);
	json_add_number(object, "unaccepted_bytes", plan.unaccepted);
	json_add_number(object, "accepted_at_once_bytes", plan.at_once);
	json_add_number(object, "table_bytes", plan.table);
	json_add_number(object, "lost_bytes", map->lost);
	add_ranges(object, &map->map);
	return object;
}

cJSON *map_json(const struct map_file *file)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *maps, *warnings;

	cJSON_AddStringToObject(object, "file", file->name);
	maps = cJSON_AddArrayToObject(object, "maps");
	for (size_t i = 0; i < file->maps; i++)
		cJSON_AddItemToArray(maps, one_map(&file->map[i]));
	cJSON_AddBoolToObject(object, "complete", !file->error && !file->incomplete);
	warnings = cJSON_AddArrayToObject(object, "warnings");
	for (size_t i = 0; i < file->warnings; i++)
		cJSON_AddItemToArray(warnings, cJSON_CreateString(file->warning[i].text));
	if (file->error)
		cJSON_AddStringToObject(object, "error", file->error);
	return object;
}
