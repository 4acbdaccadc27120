/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "tools/inspect/firmware/json.h"

/* usage: fw-dump FILE: the findings about a firmware, as JSON, for tests.
 */
int main(int argc, char **argv)
{
	struct fw_firmware firmware;
	uint8_t *data = NULL;
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	long size = -1;
	cJSON *json;
	char *text;
	bool good;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size >= 0)
		data = malloc((size_t)size + !size);
	if (!data || fseek(file, 0, SEEK_SET) ||
	    fread(data, 1, (size_t)size, file) != (size_t)size) {
		fprintf(stderr, "fw-dump: %s cannot be read\n", argc == 2 ? argv[1] : "FILE");
		return 3;
	}
	fclose(file);
	good = fw_firmware_read(&firmware, (struct bytes){ data, (size_t)size });
	json = good ? fw_json(&firmware) : NULL;
	cJSON_AddBoolToObject(json, "recognised",
			      fw_firmware_is((struct bytes){ data, (size_t)size }));
	text = cJSON_Print(json);
	good = text && puts(text) >= 0 && !fflush(stdout);
	free(text);
	cJSON_Delete(json);
	fw_firmware_free(&firmware);
	free(data);
	return good ? 0 : 3;
}
