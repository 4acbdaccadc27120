/* SPDX-License-Identifier: MIT */
#include "guest/layout.h"

	/* Changes none of the registers that arguments are in. Firmware has other segments, in
	 * memory that it no longer needs; an IRET would look for them in the new table. */
	.text
	.code64
	.globl guest_segments
guest_segments:
	leaq bare_gdt(%rip), %rax
	pushq %rax
	subq $8, %rsp
	movw $BARE_GDT_BYTES - 1, 6(%rsp)
	lgdt 6(%rsp)
	addq $16, %rsp
	movl $BARE_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	popq %rax
	pushq $BARE_CODE
	pushq %rax
	lretq

	.section .note.GNU-stack, "", @progbits
