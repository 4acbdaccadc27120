/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_JUDGE_H
#define TOOLS_VM_JUDGE_H

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

/* How the machine ended, in a word for the report. panicked: the console had said so. */
const char *vm_end_word(const struct vm_outcome *outcome, bool panicked);

/* Says so unless it was as it should be, which is true, or the plugin has said why. */
bool vm_end_judge(const struct vm_outcome *outcome, bool panicked);

#endif
