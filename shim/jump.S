/* SPDX-License-Identifier: MIT */
#include "shim/layout.h"

/* Linux, Documentation/arch/x86/boot.rst, "64-bit Boot Protocol": these segments, interrupts
 * masked, RSI is the address of boot_params. */
#define BOOT_CS 0x10
#define BOOT_DS 0x18

	.text
	.code64
	/* RDI: the entry, RSI: boot_params. */
	.globl shim_jump
shim_jump:
	cli
	lgdt linux_gdtr
	movl $BOOT_DS, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %ebp, %ebp
	pushq $BOOT_CS
	pushq %rdi
	lretq

	.section .rodata
	.balign 8
linux_gdt:
	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
linux_gdtr:
	.word linux_gdtr - linux_gdt - 1
	.quad linux_gdt

	.section .note.GNU-stack, "", @progbits
