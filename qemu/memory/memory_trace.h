/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_MEMORY_TRACE_H
#define CVMEM_QEMU_MEMORY_MEMORY_TRACE_H

#include <stdint.h>

/* A log of what happens to the guest's memory, a line for each event (docs/vm.md). Without a file
 * in the options these functions do nothing. For the threads of vCPUs. */
enum memory_event {
	MEMORY_EVENT_ACCEPT,  /* the range has become usable as private memory */
	MEMORY_EVENT_SHARE,   /* private to shared */
	MEMORY_EVENT_UNSHARE, /* shared to private, if it must be accepted before use */
	MEMORY_EVENT_TOUCH,   /* the first trapped access after an accept */
};

/* NULL, or why the file cannot be written. */
const char *memory_trace_open(void);
void memory_trace(enum memory_event event, uint64_t gpa, uint64_t size);
/* When QEMU exits. NULL, or why the file is incomplete. */
const char *memory_trace_close(void);

#endif
