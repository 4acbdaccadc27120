/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_STOP_H
#define CVMEM_QEMU_GUEST_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/machine.h"

/* Ends the machine: prints the reason, and QEMU exits with this status. Returns. Only the first
 * stop counts. */
enum { GUEST_EXIT_GUEST = 3, GUEST_EXIT_VIOLATION = 4, GUEST_EXIT_SETUP = 5 };
void guest_stop(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool guest_is_stopped(void);
/* NULL: it runs. */
const char *guest_stop_reason(void);
/* The vCPU waits until QEMU exits; host_pc as for qemu_restart(). */
__attribute__((noreturn)) void guest_block_vcpu(unsigned vcpu, uintptr_t host_pc);
/* The emulator has stopped the machine for this reason; the vCPU waits until QEMU exits. */
__attribute__((noreturn)) void guest_stop_as(unsigned vcpu, const struct emu_stop *why);

#endif
