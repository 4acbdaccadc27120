/* SPDX-License-Identifier: MIT */
#include "tools/common/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/output.h"
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

static bool complain(const char *command, const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", command, json_to_stdout(path) ? "standard output" : path,
		strerror(errno));
	return false;
}

bool json_to_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

FILE *json_open(const char *command, const char *path)
{
	FILE *out = json_to_stdout(path) ? stdout : fopen(path, "w");

	if (!out)
		complain(command, path);
	return out;
}

bool json_close(const char *command, const char *path, FILE *out, bool good)
{
	errno = good ? 0 : errno;
	if (out == stdout) {
		if (!output_flush(command))
			return false;
	} else if (fclose(out)) {
		good = false;
	}
	return good || complain(command, path);
}

bool json_write(const char *command, const char *path, cJSON *value)
{
	FILE *out = json_open(command, path);

	if (out)
		return json_close(command, path, out, json_print(out, value));
	cJSON_Delete(value);
	return false;
}
