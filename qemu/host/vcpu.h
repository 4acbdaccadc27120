/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_VCPU_H
#define CVMEM_QEMU_HOST_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * QEMU's vCPUs. The plugin needs fields of QEMU's structures that the plugin API does not give
 * access to. They are located by their content, or by code that accesses them, when the guest is
 * launched; a QEMU in which one of them is not found is rejected.
 */

/*
 * The vCPU's state. gpr: its general registers in encoding order, current in a callback that
 * may read registers and after qemu_sync().
 */
uint64_t *qemu_gpr(unsigned vcpu);
/* Brings the instruction pointer and the flags, which QEMU computes lazily, to their values at
 * host_pc, the address in translated code that called the callback. */
void qemu_sync(unsigned vcpu, uintptr_t host_pc);
uint64_t qemu_rip(unsigned vcpu);
/* What qemu_rip() would return after qemu_sync(); changes nothing. */
uint64_t qemu_rip_at(unsigned vcpu, uintptr_t host_pc);
void qemu_set_rip(unsigned vcpu, uint64_t rip);

/* These leave the callback and do not return. */
__attribute__((noreturn)) void qemu_halt(unsigned vcpu);
__attribute__((noreturn)) void qemu_restart(unsigned vcpu, uintptr_t host_pc);
/* In a callback of an instruction: execution continues at rip. */
__attribute__((noreturn)) void qemu_jump(uint64_t rip);

/* Whether this is the thread of a vCPU, and of which one. */
bool qemu_is_vcpu(void);
unsigned qemu_this_vcpu(void);
/* In a trap of the vCPUs' view: the address in translated code that made the access; 0 for an
 * instruction fetch, or when it cannot be known. */
uintptr_t qemu_trap_host_pc(unsigned vcpu);

#endif
