/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_MEMORY_H
#define TOOLS_VM_MEMORY_H

#include "tools/vm/options.h"
#include "tools/common/words.h"

/* QEMU's words for memory and virtual CPUs, and how both are spread over nodes. */
void vm_memory_words(const struct vm_options *options, struct words *words);

#endif
