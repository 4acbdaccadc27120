/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_JUDGE_H
#define TOOLS_VM_JUDGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/vm/run.h"

/* Exit statuses beside those of all commands; those of timeout(1) and env(1) for the same. */
enum {
	VM_TIMED_OUT = 124,
	VM_NOT_RUN = 125, /* --exec: the command has no exit status */
};

/* What the demonstration said on its own port. */
struct vm_told {
	uint64_t ram_bytes; /* that its kernel has; 0: not said */
	int status;	    /* of --exec's command; negative: it has not ended */
};

/* From the port's last bytes. */
void vm_told_read(const char *data, size_t length, struct vm_told *told);

/* Every way in which a run can end, in the order of the words of --expect. */
enum vm_ending {
	VM_POWERED_OFF,
	VM_RESET,
	VM_TRIPLE_FAULT,
	VM_PANIC,
	VM_VIOLATION,	/* of the platform's rules: the plugin has stopped the machine */
	VM_FATAL_ERROR, /* reported by the guest */
	VM_ENDED_BY_TIME,
	VM_FROM_OUTSIDE,
	VM_QEMU_FAILED,
	VM_ENDINGS
};

/* panicked: the console had said so. report: the plugin's; NULL: there is none. */
enum vm_ending vm_ending_of(const struct vm_outcome *outcome, bool panicked, const cJSON *report);
/* As in the report. */
const char *vm_ending_word(enum vm_ending ending);
/* Says so, unless it was expected or the plugin has said why. */
void vm_ending_say(enum vm_ending ending, enum vm_ending expected,
		   const struct vm_outcome *outcome);

#endif
