/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include "tools/common/json.h"
#include "tools/common/version.h"

cJSON *json_new_number(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return cJSON_CreateRaw(text);
}

void json_add_number(cJSON *object, const char *name, uint64_t value)
{
	cJSON_AddItemToObject(object, name, json_new_number(value));
}

cJSON *json_report(void)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "version", cvmem_version);
	return object;
}

bool json_print(FILE *out, cJSON *value)
{
	char *text = cJSON_Print(value);
	bool done = text && fputs(text, out) >= 0 && fputc('\n', out) >= 0;

	free(text);
	cJSON_Delete(value);
	return done;
}
