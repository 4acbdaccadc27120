/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_ENGINE_VM_H
#define TOOLS_BOOT_ENGINE_VM_H

#include "tools/boot/options.h"
#include "tools/boot/result.h"

/* One boot under one policy, in a virtual machine of `cvmem vm`. false: there is no result; a
 * message was printed. */
bool boot_vm_run(const struct boot_options *options, const struct trace *workload,
		 enum boot_policy policy, struct boot_result *result);

#endif
