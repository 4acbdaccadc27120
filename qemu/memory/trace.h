/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_MEMORY_TRACE_H
#define CVMEM_QEMU_MEMORY_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What happens to the guest's memory, line by line, as docs/vm.md describes it. Without a file in
 * the options these do nothing; they are for the threads of vCPUs.
 */
enum memory_event {
	MEMORY_EVENT_ACCEPT,  /* the range is usable as private memory */
	MEMORY_EVENT_SHARE,   /* private to shared */
	MEMORY_EVENT_UNSHARE, /* shared to private, where it is not usable before an accept */
	MEMORY_EVENT_TOUCH,   /* the first access that was trapped after an accept */
};

/* False, and a message: the file cannot be written. */
bool memory_trace_open(void);
void memory_trace(enum memory_event event, uint64_t gpa, uint64_t size);
/* When QEMU exits. */
void memory_trace_close(void);

#endif
