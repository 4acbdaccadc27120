/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_MEMORY_OPERAND_H
#define CVMEM_QEMU_X86_MEMORY_OPERAND_H

#include "qemu/guest/platform.h"

/* In the vCPU's thread, after qemu_sync(): the linear address of a load or store. False: it is not
 * known. That includes page walks, whose address is another. */
bool x86_operand_address(const struct platform_access *access, uint64_t *address);

#endif
