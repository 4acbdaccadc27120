/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_REGISTERS_H
#define CVMEM_QEMU_HOST_REGISTERS_H

#include <stdint.h>

#include "emu/gpr.h"

/* Registers by the public plugin API; the first are the general ones in encoding order. */
enum guest_register {
	GUEST_REG_CS = EMU_GPRS,
	GUEST_REG_SS,
	GUEST_REG_DS,
	GUEST_REG_ES,
	GUEST_REG_FS,
	GUEST_REG_GS,
	GUEST_REG_EFLAGS,
	GUEST_REG_CR0,
	GUEST_REG_CR4,
	GUEST_REG_EFER,
	GUEST_REGS
};

/* In the callback of the first vCPU's initialisation. NULL: done, else the name of a
 * register that this QEMU does not have. */
const char *guest_registers_find(void);
/* In a callback that may write registers; of the vCPU that it runs on. */
uint64_t guest_register_read(unsigned which);
void guest_register_write(unsigned which, uint64_t value);

#endif
