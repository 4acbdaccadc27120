/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_QEMU_FIRMWARE_TDX_TDX_H
#define CVMEM_TESTS_QEMU_FIRMWARE_TDX_TDX_H

#include "../firmware.h"

/* In the order of start.S. */
struct tdcall {
	uint64_t rax, rcx, rdx, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* start.S: at the first instruction. */
extern uint32_t entry_rbx, entry_rcx, entry_rsi, entry_cr0, entry_cr4, entry_efer;

/* start.S */
void tdcall(struct tdcall *registers);

/* platform.c */
extern bool accept_on_ve;
/* The host's answer, R10; out may be NULL: R11 as it is afterwards. */
uint64_t vmcall(uint64_t function, uint64_t r12, uint64_t r13, uint64_t r14, uint64_t r15,
		uint64_t *out);

#endif
