/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_RUN_H
#define TOOLS_VM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/vm/channel.h"
#include "tools/vm/qmp.h"
#include "tools/common/words.h"

enum { VM_MAX_CHANNELS = 4 };

/* How QEMU's ends are connected. */
struct vm_wiring {
	struct vm_channel *channel[VM_MAX_CHANNELS]; /* that its words name by file descriptor */
	size_t channels;
	struct vm_channel *console; /* one of them, its standard output; NULL: that is ours */
	bool no_input;		    /* its standard input is empty */
	/* Memory to plug in as soon as the function is true; 0: none. */
	uint64_t hot_add_bytes;
	bool (*kernel_runs)(const void *of);
	const void *of;
	uint64_t timeout_ns; /* after which the machine is ended; 0: never */
};

/* How QEMU and the machine ended. */
struct vm_outcome {
	enum vm_end end;
	int status; /* as of waitpid() */
	bool timed_out;
	bool interrupted; /* a signal of ours was forwarded */
	double seconds;
	/* Without a byte on the console, up to the end or until the machine was asked to end. */
	double silent_seconds;
};

/*
 * Runs QEMU until it ends, with a QMP channel added to its arguments. SIGINT, SIGTERM and SIGHUP
 * are forwarded, the third one as SIGKILL, and so is SIGUSR1, a request for a report. False: it did
 * not start; a message was printed.
 */
bool vm_run(struct words *words, const struct vm_wiring *wiring, struct vm_outcome *outcome);

#endif
