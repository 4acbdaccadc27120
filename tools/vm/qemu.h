/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_QEMU_H
#define TOOLS_VM_QEMU_H

#include <stdbool.h>

#include "tools/vm/options.h"
#include "tools/vm/words.h"

/* The files of one run besides those of the options. */
struct vm_files {
	const char *kernel, *initrd; /* NULL: none */
	const char *append;	     /* NULL: no kernel */
	const char *firmware;
	const char *plugin; /* NULL: none */
	const char *report; /* written by the plugin; NULL: no plugin */
};

/* $PATH has a QEMU that is new enough for the plugin. */
bool vm_qemu_installed(void);

/*
 * The command line of QEMU: the installed one, or the fetched one, for which it also sets an
 * environment variable.
 */
void vm_qemu_command(const struct vm_options *options, const struct vm_files *files, bool installed,
		     struct words *words);

#endif
