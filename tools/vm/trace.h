/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_TRACE_H
#define TOOLS_VM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/common/timeline.h"

enum vm_phase { VM_LAUNCH, VM_FIRMWARE, VM_STUB, VM_KERNEL, VM_PHASES };

extern const char *const vm_phase_names[VM_PHASES + 1]; /* the last is NULL */

/* What a trace shows. */
struct vm_history {
	struct timeline timeline; /* the first accept of each page, by phase */
	uint64_t again_bytes;	  /* accepted again, after a conversion */
	bool seen[VM_PHASES];
	uint64_t begin_ns[VM_PHASES]; /* the phase's first event, if seen */
};

/*
 * Reads the trace of a machine with so much memory. One that breaks off, as of a machine that was
 * killed, is used as far as it goes. False, and a message: it cannot be read.
 */
bool vm_trace_read(const char *path, uint64_t memory_bytes, struct vm_history *history);

#endif
