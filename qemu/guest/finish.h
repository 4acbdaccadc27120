/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_FINISH_H
#define CVMEM_QEMU_GUEST_FINISH_H

#include <stdint.h>

#include "emu/machine.h"

/* Leaves the callback of an x86 instruction with the emulator's result; next: the address after the
 * instruction. */
__attribute__((noreturn)) void guest_finish(unsigned vcpu, enum emu_action action, uint64_t next);

#endif
