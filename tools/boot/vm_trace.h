/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_VM_TRACE_H
#define TOOLS_BOOT_VM_TRACE_H

#include <stddef.h>

/*
 * Makes a workload of a trace of `cvmem vm --trace`, in the form of docs/workload.md and for the
 * caller to free: what the kernel has accepted for the first time is allocated, by the vCPU that
 * did it, and kept. NULL, and a message that names the line, when the file is damaged or the kernel
 * has accepted nothing.
 */
void *vm_trace_convert(const char *path, const void *data, size_t bytes, size_t *size);

#endif
