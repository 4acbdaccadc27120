/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_DEMONSTRATION_H
#define TOOLS_VM_DEMONSTRATION_H

#include <stdbool.h>

#include "tools/vm/options.h"

/* The file system of one run, in the cache folder, and locked so that no other run removes it. */
struct vm_initrd {
	char *path; /* NULL: none */
	int fd;
};

/* Removes those of runs that were killed, and makes one. False: said why. */
bool vm_demonstration_make(const struct vm_options *options, struct vm_initrd *initrd);
/* One that stays, the same for all runs. For the caller to free; NULL: a message was printed. */
char *vm_demonstration_keep(const struct vm_options *options);

void vm_demonstration_remove(struct vm_initrd *initrd);

/* The kernel's command line, for the caller to free. */
char *vm_kernel_text(const struct vm_options *options);

#endif
