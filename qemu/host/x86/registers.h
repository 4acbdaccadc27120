/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_REGISTERS_H
#define CVMEM_QEMU_HOST_X86_REGISTERS_H

#include <stdint.h>

#include "emu/gpr.h"

/* Registers in the public plugin API; the first ones are the general registers in encoding
 * order. */
enum qemu_register {
	QEMU_REG_CS = EMU_GPRS,
	QEMU_REG_SS,
	QEMU_REG_DS,
	QEMU_REG_ES,
	QEMU_REG_FS,
	QEMU_REG_GS,
	QEMU_REG_EFLAGS,
	QEMU_REG_CR0,
	QEMU_REG_CR4,
	QEMU_REG_EFER,
	QEMU_REGS
};

/* In the callback of the first vCPU's initialisation. NULL: done; else the name of a register that
 * this QEMU does not have. */
const char *qemu_registers_find(void);
/* In a callback that may write registers, for the vCPU that it runs on. */
uint64_t qemu_register_read(unsigned which);
void qemu_register_write(unsigned which, uint64_t value);

#endif
