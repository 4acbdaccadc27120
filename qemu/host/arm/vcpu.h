/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_ARM_VCPU_H
#define CVMEM_QEMU_HOST_ARM_VCPU_H

#include <stdbool.h>
#include <stdint.h>

/* In the callback of the first vCPU's first instruction, when its registers are those after reset.
 * NULL, or what differs from what is expected. qemu_gpr() then returns X0 to X30 and SP. */
const char *qemu_arm_probe(void);

/* Where a virtual address of this thread's vCPU leads, by its page tables if it has them on. False:
 * it is not mapped. */
bool qemu_arm_translate(uint64_t address, uint64_t *ipa);

/* The exception level: 0 to 3. */
unsigned qemu_arm_level(unsigned vcpu);

/* These leave the callback and do not return; after qemu_sync(). */
/* QEMU serves the PSCI call in the registers, after which the vCPU continues at next. */
__attribute__((noreturn)) void qemu_arm_psci(unsigned vcpu, uint64_t next);
/* The instruction is undefined: an exception to EL1. */
__attribute__((noreturn)) void qemu_arm_undefined(unsigned vcpu);

#endif
