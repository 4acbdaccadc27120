/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_BOOT_H
#define TOOLS_VM_BOOT_H

#include <stdbool.h>

#include "tools/vm/options.h"

/* Boots one machine to its end, and says how it was. The exit status of the command. */
int vm_boot(const struct vm_options *options, bool qemu_installed);

/* Prints the command line of QEMU, for a shell. The exit status of the command. */
int vm_print_command(const struct vm_options *options, bool qemu_installed);

#endif
