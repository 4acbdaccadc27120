/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_RUN_H
#define TOOLS_BOOT_RUN_H

#include "tools/boot/memory.h"
#include "tools/boot/result.h"

/* One boot under one policy, on a fresh machine of hosted/. false: no machine could be made; a
 * message was printed. */
bool boot_run(const struct boot_options *options, const struct boot_memory *memory,
	      const struct trace *workload, enum boot_policy policy, struct boot_result *result);

#endif
