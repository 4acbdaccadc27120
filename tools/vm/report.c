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

#include "tools/common/words.h"

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

cJSON *vm_report_read(const char *path)
{
	char *text = read_text(path);
	cJSON *report = text ? cJSON_Parse(text) : NULL;

	free(text);
	return report;
}

bool vm_report_judge(const cJSON *report)
{
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
	return ok;
}

uint64_t vm_report_conversions(const cJSON *run)
{
	return number_of(cJSON_GetObjectItem(run, "vmcalls"), "map_gpa") +
	       number_of(run, "psc_requests") + number_of(run, "psc_msr");
}

/*
 * In the text, because cJSON's numbers are doubles and would round the addresses. The plugin writes
 * "ok" as the first member of the run. False: that is not so, or the file cannot be written.
 */
static bool add_end(const char *path, const char *ended, bool in_order)
{
	char *text = read_text(path);
	char *run = text ? strstr(text, "\"runs\"") : NULL;
	char *ok = run ? strstr(run, "\"ok\"") : NULL;
	char *value = ok ? strpbrk(ok, "tf") : NULL;
	FILE *out = value ? fopen(path, "w") : NULL;
	bool good = out;

	if (out) {
		bool was_ok = *value == 't';
		const char *rest = value + strlen(was_ok ? "true" : "false");

		fwrite(text, 1, (size_t)(value - text), out);
		fprintf(out, "%s,\n      \"ended\": \"%s\"%s",
			was_ok && in_order ? "true" : "false", ended, rest);
		good = !ferror(out);
		good &= !fclose(out);
	}
	free(text);
	return good;
}

bool vm_report_finish(const char *path, const char *json, const char *ended, bool in_order)
{
	struct stat stat_of;

	if (!json || stat(path, &stat_of) || !stat_of.st_size) {
		unlink(path);
		return true;
	}
	if (!add_end(path, ended, in_order))
		fprintf(stderr, "cvmem vm: the report does not say how the machine ended\n");
	if (!rename(path, json))
		return true;
	fprintf(stderr, "cvmem vm: %s: %s\n", json, strerror(errno));
	unlink(path);
	return false;
}
