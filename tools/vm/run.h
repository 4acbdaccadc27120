/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_RUN_H
#define TOOLS_VM_RUN_H

#include <stdbool.h>

#include "tools/vm/qmp.h"
#include "tools/vm/words.h"

/* How QEMU and the machine ended. */
struct vm_outcome {
	enum vm_end end;
	int status; /* as of waitpid() */
};

/*
 * Runs QEMU on the terminal until it ends, with a QMP channel added to its arguments. SIGINT,
 * SIGTERM and SIGHUP are forwarded, the third one as SIGKILL, and so is SIGUSR1, a request for a
 * report. False: it did not start; a message was printed.
 */
bool vm_run(struct words *words, struct vm_outcome *outcome);

#endif
