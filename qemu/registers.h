/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REGISTERS_H
#define CVMEM_QEMU_REGISTERS_H

#include "emu/tdx/tdx.h"

/* Registers by the public plugin API; the first are the general ones in encoding order. */
enum td_register {
	TD_REG_CS = EMU_GPRS,
	TD_REG_SS,
	TD_REG_DS,
	TD_REG_ES,
	TD_REG_FS,
	TD_REG_GS,
	TD_REG_EFLAGS,
	TD_REG_CR0,
	TD_REG_CR4,
	TD_REG_EFER,
	TD_REGS
};

/* In the callback of the first vCPU's initialisation. NULL: done, else the name of a
 * register that this QEMU does not have. */
const char *td_registers_find(void);
/* In a callback that may write registers; of the vCPU that it runs on. */
uint64_t td_register_read(unsigned which);
void td_register_write(unsigned which, uint64_t value);

#endif
