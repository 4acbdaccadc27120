/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_REPORT_H
#define TOOLS_VM_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * An empty file for the plugin to write: beside `json`, so that it can be renamed to it, or in
 * $TMPDIR when json is NULL. For the caller to free; NULL, and a message, when that fails.
 */
char *vm_report_new(const char *json);

/* How often the guest broke a rule, by the report; false, and a message, when there is none. */
bool vm_report_violations(const char *path, uint64_t *count);

/* Renames the report to json; without json, or when it is empty, removes it. False: said why. */
bool vm_report_keep(const char *path, const char *json);

#endif
