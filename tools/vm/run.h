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
 * Runs QEMU with the terminal until it ends; to its words is added a QMP channel. SIGINT, SIGTERM
 * and SIGHUP are passed on to it, the third time as SIGKILL; SIGUSR1, a request for a report, is
 * too. False: said why it did not start.
 */
bool vm_run(struct words *words, struct vm_outcome *outcome);

#endif
