/* SPDX-License-Identifier: MIT */
#include "tools/vm/report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/vm/words.h"

char *vm_report_new(const char *json)
{
	const char *temporary = getenv("TMPDIR");
	mode_t mask = umask(077);
	char *path;
	int fd;

	umask(mask);
	if (json)
		path = text_of("%s.XXXXXX", json);
	else
		path = text_of("%s/cvmem-vm.XXXXXX", temporary && *temporary ? temporary : "/tmp");
	fd = mkstemp(path);
	if (fd < 0) {
		fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
		free(path);
		return NULL;
	}
	/* mkstemp() gives access to the owner alone; a report gets the usual permissions. */
	if (json)
		fchmod(fd, 0666 & ~mask);
	close(fd);
	return path;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &room, '\0', file) <= 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static uint64_t number_of(const cJSON *object, const char *name)
{
	const cJSON *number = cJSON_GetObjectItem(object, name);

	return cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
}

bool vm_report_judge(const char *path)
{
	char *text = read_text(path);
	cJSON *report = text ? cJSON_Parse(text) : NULL;
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "runs"), 0);
	uint64_t early = number_of(run, "touch_before_accept");
	uint64_t again = number_of(run, "double_accepts");
	bool ok = cJSON_IsTrue(cJSON_GetObjectItem(run, "ok")) && !early && !again;

	if (!run)
		fprintf(stderr, "cvmem vm: the plugin has left no report\n");
	if (early)
		fprintf(stderr, "cvmem vm: memory was touched before it was accepted\n");
	if (again)
		fprintf(stderr, "cvmem vm: memory was accepted twice\n");
	cJSON_Delete(report);
	free(text);
	return ok;
}

bool vm_report_keep(const char *path, const char *json)
{
	struct stat stat_of;

	if (!json || stat(path, &stat_of) || !stat_of.st_size) {
		unlink(path);
		return true;
	}
	if (!rename(path, json))
		return true;
	fprintf(stderr, "cvmem vm: %s: %s\n", json, strerror(errno));
	unlink(path);
	return false;
}
