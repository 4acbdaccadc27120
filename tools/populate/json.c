/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>

#include "tools/common/json.h"
#include "tools/populate/measure.h"

static cJSON *row_json(const struct result *result, const struct row *row)
{
	static const char *const sizes[] = { "4k", "2m", "1g" };
	cJSON *object = cJSON_CreateObject(), *pages;

	cJSON_AddStringToObject(object, "backing", backing_name(row->backing));
	cJSON_AddStringToObject(object, "populated", method_name(row->method));
	json_add_number(object, "threads", row->method == METHOD_NOTHING ? 0 : row->workers);
	if (row->missing) {
		cJSON_AddStringToObject(object, "missing", row->missing);
		return object;
	}
	json_add_number(object, "populated_bytes", row->bytes);
	json_add_number(object, "calls", row->calls);
	cJSON_AddNumberToObject(object, "populate_seconds", row->populate_seconds);
	cJSON_AddNumberToObject(object, "busiest_thread_cpu_seconds", row->busiest_seconds);
	cJSON_AddNumberToObject(object, "guest_seconds", row->guest_seconds);
	if (result->has_stats)
		json_add_number(object, "violations", row->violations);
	else
		cJSON_AddNullToObject(object, "violations");
	pages = cJSON_AddObjectToObject(object, "pages");
	for (unsigned i = 0; i < 3; i++)
		json_add_number(pages, sizes[i], row->pages[i]);
	cJSON_AddBoolToObject(object, "content_ok", row->content);
	return object;
}

bool populate_json(const struct result *result)
{
	cJSON *root = json_report(), *rows, *caps;

	json_add_number(root, "memory_bytes", result->memory);
	caps = cJSON_AddObjectToObject(root, "kernel");
	cJSON_AddBoolToObject(caps, "pre_fault_memory", result->caps.pre_fault);
	cJSON_AddBoolToObject(caps, "populate_write", result->caps.populate_write);
	cJSON_AddBoolToObject(caps, "guest_memfd", result->caps.guest_memfd);
	rows = cJSON_AddArrayToObject(root, "rows");
	for (size_t i = 0; i < result->rows; i++)
		cJSON_AddItemToArray(rows, row_json(result, &result->row[i]));
	return json_write("cvmem populate", result->options->json, root);
}
