/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_ARM_MACHINE_H
#define CVMEM_QEMU_HOST_ARM_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "emu/machine.h"

/* RAM of the machine `virt`. Returns the number of ranges, at most max; 0: there is none where that
 * machine has it. */
size_t qemu_arm_ram(struct emu_ram *ram, size_t max);

/* What devices see below the bit they see with the bit as well. */
void qemu_arm_alias_devices(uint64_t shared_bit);

#endif
