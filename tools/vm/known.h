/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_KNOWN_H
#define TOOLS_VM_KNOWN_H

#include "tools/vm/options.h"

/* Prints what is known to be bad of the kernel and the firmware that a user named, in this machine.
 */
void vm_say_known(const struct vm_options *options);

#endif
