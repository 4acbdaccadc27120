/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_OPERAND_H
#define CVMEM_QEMU_OPERAND_H

#include "qemu/code.h"
#include "qemu/platform.h"

/* In the vCPU's thread. The bytes at an instruction pointer; returns how many there are, fewer at
 * the end of what is mapped. */
size_t guest_read_code(unsigned vcpu, uint64_t rip, uint8_t code[GUEST_CODE_MAX]);

/* Behind qemu_sync(): the linear address of a load or store. False: it is not known; so for a page
 * walk, which has another. */
bool guest_operand_address(const struct platform_access *access, uint64_t *address);

#endif
