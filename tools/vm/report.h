/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_REPORT_H
#define TOOLS_VM_REPORT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * An empty file for the plugin to write: beside `json`, so that it can be renamed to it, or in
 * $TMPDIR when json is NULL. For the caller to free; NULL, and a message, when that fails.
 */
char *vm_report_new(const char *json);

/* NULL: there is none. For cJSON_Delete(). */
cJSON *vm_report_read(const char *path);

/*
 * The report shows that the guest kept the rules and that the plugin ran to the end. False: a
 * message was printed, here or by the plugin.
 */
bool vm_report_judge(const cJSON *report);

/* Whole requests to the host in a run of the report: a MapGPA, or a page-state change. */
uint64_t vm_report_conversions(const cJSON *run);

/*
 * Adds to the report how the machine ended, which also decides whether the run is ok, and renames
 * it to json; without json, or when it is empty, removes it. False: a
 * message was printed.
 */
bool vm_report_finish(const char *path, const char *json, const char *ended, bool in_order);

#endif
