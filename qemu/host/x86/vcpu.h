/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_VCPU_H
#define CVMEM_QEMU_HOST_X86_VCPU_H

#include <stdint.h>

/* In the callback of a vCPU's first instruction; overwrites its general registers. NULL, or what
 * differs from what is expected. */
const char *qemu_probe(unsigned vcpu);

uint64_t qemu_rflags(unsigned vcpu);

/* These leave the callback and do not return. */
__attribute__((noreturn)) void qemu_raise(unsigned vcpu, int vector, uintptr_t host_pc);
__attribute__((noreturn)) void qemu_raise_code(unsigned vcpu, int vector, int code,
					       uintptr_t host_pc);

#endif
