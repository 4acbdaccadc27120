/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_QEMU_H
#define TOOLS_VM_QEMU_H

#include <stdbool.h>

#include "tools/vm/options.h"
#include "tools/common/words.h"

/* Serial ports of the guest beside its console. */
enum vm_port { VM_PORT_STATUS, VM_PORT_OUT, VM_PORT_ERR, VM_PORTS };

/* Its number in the guest: 1 is COM2, and Linux's ttyS1. */
unsigned vm_port_number(const struct vm_options *options, enum vm_port port);

/* The files of one run besides those of the options. */
struct vm_files {
	const char *kernel, *initrd; /* NULL: none */
	const char *append;	     /* NULL: no kernel */
	bool kernel_by_fw_cfg;	     /* these three are for the shim, which starts an ELF file */
	const char *firmware;	     /* NULL: none */
	const char *plugin;	     /* NULL: none */
	const char *report;	     /* written by the plugin; NULL: no plugin */
	const char *trace;	     /* likewise; NULL: none */
	int port[VM_PORTS];	     /* file descriptors; 0: the machine has no such port */
};

/* $PATH has a QEMU for the platform that is new enough for the plugin. */
bool vm_qemu_installed(const struct vm_options *options);

/* The command line of QEMU: the installed one, or the one that was fetched, for which it sets an
 * environment variable as well. */
void vm_qemu_command(const struct vm_options *options, const struct vm_files *files, bool installed,
		     struct words *words);

#endif
