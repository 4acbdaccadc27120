/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_PAGE_H
#define TOOLS_VM_PAGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "tools/vm/options.h"
#include "tools/vm/qemu.h"

/* A run, after its end. */
struct vm_ended {
	const cJSON *report; /* the plugin's; NULL: there is none */
	const char *word;    /* how it ended */
	bool ok;
	double seconds;
};

/*
 * Writes the page that --report names, from the plugin's report and trace. False: a message was
 * printed.
 */
bool vm_page(const struct vm_options *options, const struct vm_files *files,
	     const struct vm_ended *ended);

#endif
