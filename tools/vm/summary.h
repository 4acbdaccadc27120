/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_SUMMARY_H
#define TOOLS_VM_SUMMARY_H

#include <cjson/cJSON.h>

#include "tools/vm/judge.h"
#include "tools/vm/options.h"
#include "tools/vm/qemu.h"

/* What is printed on standard error about a run. */

/* Before the machine starts: what is booted, and where it is. */
void vm_announce(const struct vm_options *options, const struct vm_files *files);

/* Of a machine that had to be ended: how long its console was silent, and where it had come to. */
void vm_say_silence(const struct vm_outcome *outcome, const char *report);

/* After its end, from the plugin's report; NULL: there is none. word: how it ended. */
void vm_summarize(const struct vm_options *options, const struct vm_outcome *outcome,
		  const struct vm_told *told, const char *word, const cJSON *report);

#endif
