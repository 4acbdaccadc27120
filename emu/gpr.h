/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_GPR_H
#define CVMEM_EMU_GPR_H

/* The general registers in their encoding order. */
enum {
	EMU_RAX,
	EMU_RCX,
	EMU_RDX,
	EMU_RBX,
	EMU_RSP,
	EMU_RBP,
	EMU_RSI,
	EMU_RDI,
	EMU_R8,
	EMU_R9,
	EMU_R10,
	EMU_R11,
	EMU_R12,
	EMU_R13,
	EMU_R14,
	EMU_R15,
	EMU_GPRS
};

#endif
