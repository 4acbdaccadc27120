/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_WORKLOAD_H
#define TOOLS_BOOT_WORKLOAD_H

#include <stdbool.h>

#include "boot/trace.h"

/*
 * Opens a recording; path NULL: the built-in one. The data stays in memory. false: a message was
 * printed.
 */
bool boot_workload_open(const char *path, struct trace *trace);

#endif
