/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_REPORT_H
#define TOOLS_VM_REPORT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/vm/judge.h"

/*
 * An empty file for the plugin to write: beside `json`, so that it can be renamed to it, or in
 * $TMPDIR when json is NULL or a device, a pipe or a symbolic link. For the caller to free; NULL,
 * and a message, when that fails.
 */
char *vm_report_new(const char *json);

/* NULL: there is none. For cJSON_Delete(). */
cJSON *vm_report_read(const char *path);

/*
 * The report shows that the guest kept the rules, except for what its expected ending and the
 * attack (NULL: none) break, and that the plugin ran to the end. False: a message was printed, here
 * or by the plugin.
 */
bool vm_report_judge(const cJSON *report, enum vm_ending expected, const char *attack);

/* Whole requests to the host in a run of the report: a MapGPA, or a page-state change. */
uint64_t vm_report_conversions(const cJSON *run);

/* The guest's last accept, to say where a silent guest has come to. */
struct vm_last_accept {
	char phase[16];
	uint64_t rip, ms_before_end;
};

/* False: there was none. */
bool vm_report_last_accept(const char *path, struct vm_last_accept *last);

/* What the report is completed with. */
struct vm_verdict {
	enum vm_ending ending, expected;
	bool ok;
};

/*
 * Adds the verdict to the report, which takes the place of json as a whole, or is written there;
 * without json, removes it. When the plugin has left no whole report, the verdict alone is what
 * there is. False: it could not be written; json is what it was, if it is a file, and a message has
 * named the plugin's report, which stays.
 */
bool vm_report_finish(const char *path, const char *json, const struct vm_verdict *verdict);

#endif
