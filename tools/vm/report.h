/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_REPORT_H
#define TOOLS_VM_REPORT_H

#include <stdbool.h>

/*
 * An empty file for the plugin to write: beside `json`, so that it can be renamed to it, or in
 * $TMPDIR when json is NULL. For the caller to free; NULL, and a message, when that fails.
 */
char *vm_report_new(const char *json);

/*
 * The report shows that the guest kept the rules and that the plugin ran to the end. False: a
 * message was printed, here or by the plugin.
 */
bool vm_report_judge(const char *path);

/*
 * Renames the report to json; without json, or if it is empty, removes it. False: a message was
 * printed.
 */
bool vm_report_keep(const char *path, const char *json);

#endif
