/* SPDX-License-Identifier: MIT */
#include "tools/vm/report.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/replaceable.h"
#include "tools/common/version.h"
#include "tools/common/words.h"

char *vm_report_new(const char *json)
{
	const char *temporary = getenv("TMPDIR");
	mode_t mask = umask(077);
	char *path;
	int fd;

	umask(mask);
	if (json && !path_is_replaceable(json))
		json = NULL;
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

/* The plugin calls a run fine that it has not stopped and that broke no rule. */
static bool is_stop_expected(enum vm_ending expected)
{
	return expected == VM_VIOLATION || expected == VM_FATAL_ERROR;
}

/* The host answers so, and the guest is to end for it. */
static bool is_asked_for(const char *attack, enum vm_ending expected)
{
	static const char name[] = "already-accepted";
	size_t length = sizeof(name) - 1;

	return expected != VM_POWERED_OFF && attack && !strncmp(attack, name, length) &&
	       (attack[length] == '\0' || attack[length] == '@');
}

bool vm_report_judge(const cJSON *report, enum vm_ending expected, const char *attack)
{
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "runs"), 0);
	uint64_t early = expected == VM_VIOLATION ? 0 : number_of(run, "touch_before_accept");
	uint64_t again = is_asked_for(attack, expected) ? 0 : number_of(run, "double_accepts");

	if (!run && expected == VM_QEMU_FAILED)
		return true;
	if (!run)
		fprintf(stderr, "cvmem vm: the plugin has left no report\n");
	if (early)
		fprintf(stderr, "cvmem vm: memory was touched before it was accepted\n");
	if (again)
		fprintf(stderr, "cvmem vm: memory was accepted twice\n");
	return run && !early && !again &&
	       (is_stop_expected(expected) || cJSON_IsTrue(cJSON_GetObjectItem(run, "ok")));
}

uint64_t vm_report_conversions(const cJSON *run)
{
	return number_of(cJSON_GetObjectItem(run, "vmcalls"), "map_gpa") +
	       number_of(run, "psc_requests") + number_of(run, "psc_msr");
}

/* In the text, because cJSON's numbers are doubles and would round the address. */
bool vm_report_last_accept(const char *path, struct vm_last_accept *last)
{
	char *text = read_text(path);
	const char *at = text ? strstr(text, "\"last_accept\"") : NULL;
	bool found = at && sscanf(at,
				  "\"last_accept\": { \"phase\": \"%15[a-z]\", \"rip\": %" SCNu64
				  ", \"ms_ago\": %" SCNu64,
				  last->phase, &last->rip, &last->ms_before_end) == 3;

	free(text);
	return found;
}

/*
 * Likewise: the plugin's report with the verdict, for the caller to free. It writes "ok" as the
 * first member of the run. NULL: the plugin has left no such report.
 */
static char *with_verdict(const char *path, const struct vm_verdict *verdict)
{
	char *text = read_text(path), *whole = NULL;
	char *run = text ? strstr(text, "\"runs\"") : NULL;
	char *ok = run ? strstr(run, "\"ok\"") : NULL;
	char *value = ok ? strpbrk(ok, "tf") : NULL;

	if (value) {
		const char *rest = value + strlen(*value == 't' ? "true" : "false");

		*value = '\0';
		whole = text_of("%s%s,\n      \"ended\": \"%s\",\n      \"expected\": \"%s\"%s",
				text, verdict->ok ? "true" : "false",
				vm_ending_word(verdict->ending), vm_ending_word(verdict->expected),
				rest);
	}
	free(text);
	return whole;
}

/* Instead of the plugin's: what is known without it. For the caller to free. */
static char *verdict_alone(const struct vm_verdict *verdict)
{
	cJSON *report = cJSON_CreateObject();
	cJSON *run = cJSON_CreateObject();
	char *printed, *text;

	cJSON_AddStringToObject(report, "version", cvmem_version);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(report, "runs"), run);
	cJSON_AddBoolToObject(run, "ok", verdict->ok);
	cJSON_AddStringToObject(run, "ended", vm_ending_word(verdict->ending));
	cJSON_AddStringToObject(run, "expected", vm_ending_word(verdict->expected));
	printed = cJSON_Print(report);
	text = text_of("%s\n", printed);
	cJSON_free(printed);
	cJSON_Delete(report);
	return text;
}

static bool fail(const char *path)
{
	fprintf(stderr, "cvmem vm: %s: %s\n", path, strerror(errno));
	return false;
}

/* False: errno. */
static bool write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");
	bool good = out && fputs(text, out) >= 0;

	if (out)
		good &= !fclose(out);
	return good;
}

/* By a file of its own: until all is written, the old file stays, and so does the plugin's. */
static bool replace(const char *json, const char *text)
{
	char *path = vm_report_new(json);
	bool good = path && ((write_text(path, text) && !rename(path, json)) || fail(json));

	if (path && !good)
		unlink(path);
	free(path);
	return good;
}

bool vm_report_finish(const char *path, const char *json, const struct vm_verdict *verdict)
{
	char *text, *whole;
	bool good;

	if (!json) {
		unlink(path);
		return true;
	}
	whole = with_verdict(path, verdict);
	text = whole ? whole : verdict_alone(verdict);
	/* What cannot be replaced, such as a pipe, is written to. */
	good = path_is_replaceable(json) ? replace(json, text)
					 : write_text(json, text) || fail(json);
	free(text);
	if (good || !whole)
		unlink(path);
	else
		fprintf(stderr, "cvmem vm: %s: the report, without how the machine ended\n", path);
	return good;
}
